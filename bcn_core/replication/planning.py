"""Deciding for one table: which version the standby can show, and what stands against it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bcn_core.catalogs.catalog import Catalog
from bcn_core.counting import counted
from bcn_core.errors import Conflict, InvalidRequest, InvalidTableFile, NotFound
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.iceberg.metadata_names import version_in
from bcn_core.iceberg.snapshot_selection import selected_snapshots
from bcn_core.locations import canonical
from bcn_core.names import TableName, instant_of
from bcn_core.replication.closure import Closure
from bcn_core.replication.presence import Presence
from bcn_core.replication.remembered import Remembered, recall, remembered_of
from bcn_core.replication.replica import Replica
from bcn_core.replication.request import Action, Lag, SyncRequest, TableSync, Work
from bcn_core.replication.rewriting import Rewriting
from bcn_core.replication.sites import Twin, twin_of
from bcn_core.replication.standing import Standing, State, check_replica, standing_of
from bcn_core.replication.versions import (
    Folder,
    Head,
    MetadataFile,
    Versions,
    earlier_versions,
    find_versions,
    look_into,
    sizes_below,
)
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what was read on the way to it, so that carrying it out reads nothing twice."""

    plan: TableSync
    standing: Standing
    file: MetadataFile
    metadata: TableMetadata
    known: Remembered
    rewriting: Rewriting
    is_remembered: bool


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans syncs of tables into one standby catalog."""

    catalog: Catalog
    stores: Stores
    request: SyncRequest
    workers: int

    def prepare(self, table: TableName, place: str) -> Prepared:
        """Find the newest version that is whole at the standby, and what it takes to show it.

        Raises:
            NotFound: no metadata has arrived, or no version is whole.
            Conflict: the standby has diverged or was promoted, or would go back, or become another table.
            UnsupportedFormat: the table cannot be rewritten, or its files cannot be followed.
            InvalidRequest: no prefix covers a file of it.
        """
        folder = look_into(self.stores, place)
        versions = find_versions(self.stores, folder.files, self.request.mapping)
        standing = standing_of(self.catalog, table, self.stores, versions)
        check_replica(standing, table, replace=self.request.replace_diverged)
        head = self._head(table, folder, versions, standing)
        twin = self._twin(head, table, folder)
        there = self._owned(twin, folder)
        former = recall(self.stores, twin)
        is_remembered = former is not None and former.is_of(standing.version, there)
        closure = self._closure(twin, former if is_remembered else None)
        file, metadata, lag = self._newest_whole(table, head, versions, closure, standing)
        self._check_forward(table, standing, file, metadata)
        known = self._known(closure, file, metadata, former)
        rewriting = Rewriting(twin, closure.replica, self.stores, there, self.workers)
        plan = TableSync(
            table=table,
            place=twin.standby,
            action=self._action(standing, file, twin, is_remembered=is_remembered),
            version=file.name,
            before=standing.version,
            uuid=head.metadata.uuid,
            lag=lag,
            work=_work(metadata, known, rewriting, former if is_remembered else None),
            notes=(*_rivals(head, versions), *_given_up(standing, metadata)),
        )
        return Prepared(plan, standing, file, metadata, known, rewriting, is_remembered)

    def _head(self, table: TableName, folder: Folder, versions: Versions, standing: Standing) -> Head:
        uuid = standing.metadata.uuid if standing.metadata else None
        head, last = versions.newest(uuid), versions.newest(None)
        if head is None or last is None:
            raise NotFound(_nothing_readable(table, folder, versions), hint=_NOTHING_HINT)
        if last.metadata.last_updated_ms > head.metadata.last_updated_ms:
            head = last
        if uuid is not None and head.metadata.uuid != uuid and not self.request.accept_new_uuid:
            raise Conflict(
                f"{table} is another table at the source now: its UUID is {head.metadata.uuid}, the standby's {uuid}",
                hint="it was dropped and made again; to follow the new one, add --accept-new-uuid",
            )
        if uuid == head.metadata.uuid:
            self._check_scan(table, folder, standing)
        return head

    def _check_scan(self, table: TableName, folder: Folder, standing: Standing) -> None:
        """A scan that shows less than was there before is half a scan, or the replicator took files back."""
        shown = version_in(standing.version or "")
        if shown is None or self.request.rollback or folder.files[0].version >= shown:
            return
        raise Conflict(
            f"{table} shows {standing.version}, and {folder.place} holds nothing newer than {folder.files[0].name}",
            hint="look at the replication; to follow the source back, add --rollback",
        )

    def _twin(self, head: Head, table: TableName, folder: Folder) -> Twin:
        request = self.request
        twin = twin_of(head.metadata, table, request.mapping, request.history, request.metadata_location)
        own = head.metadata.properties.get(
            "write.metadata.path", f"{head.metadata.location.rstrip('/')}/metadata"
        )
        expected = request.mapping.find(own.rstrip("/"))
        if expected is None or canonical(expected) != canonical(folder.place):
            raise InvalidRequest(
                f"{folder.place} holds metadata of a table that keeps it at {own}, which maps to {expected}",
                hint="check --map: it must say where the replicator puts that very folder",
            )
        return twin

    def _owned(self, twin: Twin, folder: Folder) -> dict[str, int]:
        """The rewritten files that stand, by path below the owned folder."""
        above, _, mark = twin.owned.rpartition("/")
        if canonical(above).startswith(f"{canonical(folder.place)}/"):
            inside = f"{mark}/"
            found = folder.owned.items()
            return {name[len(inside) :]: size for name, size in found if name.startswith(inside)}
        return dict(sizes_below(self.stores, twin.owned))

    def _closure(self, twin: Twin, former: Remembered | None) -> Closure:
        closure = Closure(twin, Replica(self.stores, twin.mapping), Presence(self.stores), self.workers)
        if former is not None and not self.request.full_check:
            closure.lists.update(former.lists)
            closure.manifests.update(former.manifests)
        return closure

    def _newest_whole(
        self, table: TableName, head: Head, versions: Versions, closure: Closure, standing: Standing
    ) -> tuple[MetadataFile, TableMetadata, Lag]:
        """Walk back from the head; the version that the standby shows is the last one tried."""
        newer_unread = [why for file, why in versions.unreadable if file.version > head.file.version]
        missing = next(iter(newer_unread), None)
        for file, metadata in self._candidates(head, versions, standing):
            fault = metadata if isinstance(metadata, str) else closure.fault(metadata, self.request.history)
            if isinstance(metadata, TableMetadata) and fault is None:
                if standing.state is State.ABSENT and _is_before_any_row(metadata, head):
                    continue
                behind = head.metadata.last_updated_ms - metadata.last_updated_ms
                seconds = None if newer_unread else behind / 1000
                lag = Lag(versions.after(file), seconds, missing, metadata.last_updated_ms)
                return file, metadata, lag
            missing = missing or fault
        shown = f"the version that it shows, {standing.version}, lacks files too" if standing.version else ""
        raise NotFound(
            f"no version of {table} is whole at the standby{shown and '; '}{shown}: {missing}",
            hint="let the replication finish, then run again; if a file is gone for good, see --history current",
        )

    def _candidates(
        self, head: Head, versions: Versions, standing: Standing
    ) -> Iterator[tuple[MetadataFile, TableMetadata | str]]:
        yield head.file, head.metadata
        if head.file.name == standing.version:
            return
        for file in earlier_versions(head, versions.files, self.request.mapping):
            try:
                yield file, parse(self.stores.read(file.place), file.place)
            except (NotFound, InvalidTableFile) as error:
                yield file, error.message
            if file.name == standing.version:
                return

    def _check_forward(
        self, table: TableName, standing: Standing, file: MetadataFile, metadata: TableMetadata
    ) -> None:
        now = standing.metadata
        if now is None or now.uuid != metadata.uuid or self.request.rollback:
            return
        if standing.state is not State.REPLICA:
            # What its writers have counted up is given up with what they wrote.
            return
        if metadata.last_sequence_number < now.last_sequence_number:
            raise Conflict(
                f"{table} would go back from sequence number {now.last_sequence_number} to"
                f" {metadata.last_sequence_number} ({file.name})",
                hint="readers would lose what they have seen; if that is meant, add --rollback",
            )

    def _known(
        self, closure: Closure, file: MetadataFile, metadata: TableMetadata, former: Remembered | None
    ) -> Remembered:
        kept = selected_snapshots(metadata, self.request.history)
        snapshots = [one for one in metadata.snapshots if one.id in kept]
        lists = tuple(dict.fromkeys(one.manifest_list for one in snapshots if one.manifest_list))
        embedded = tuple(path for one in snapshots if not one.manifest_list for path in one.manifests)
        known = remembered_of(closure, file.name, lists, embedded)
        return replace(known, runs=former.runs if former else ())

    def _action(self, standing: Standing, file: MetadataFile, twin: Twin, *, is_remembered: bool) -> Action:
        if standing.state is State.ABSENT:
            return "create"
        if standing.state in (State.PROMOTED, State.DIVERGED) or standing.version != file.name:
            before = version_in(standing.version or "")
            goes_back = before is not None and file.version < before
            return "rollback" if goes_back else "advance"
        place = f"{twin.owned}/{file.name}" if twin.rewrites else file.place
        if standing.state is State.BROKEN or standing.pointer != place:
            return "repair"
        return "none" if is_remembered or not twin.rewrites else "repair"


def _is_before_any_row(metadata: TableMetadata, head: Head) -> bool:
    """A version without a snapshot is whole as soon as it arrives, but an empty table would tell readers a lie."""
    return metadata.current_snapshot_id is None and head.metadata.current_snapshot_id is not None


def _work(
    metadata: TableMetadata, known: Remembered, rewriting: Rewriting, former: Remembered | None
) -> Work:
    before = former.manifests if former else {}
    current = metadata.current_snapshot
    listed = known.lists.get(current.manifest_list or "", current.manifests) if current else ()
    facts = [known.manifests[path] for path in listed]
    rewrites = rewriting.twin.rewrites
    manifests = rewriting.missing_manifests(known) if rewrites else []
    return Work(
        lists=len(rewriting.missing_lists(known)) if rewrites else 0,
        manifests=len(manifests),
        deletes=len({path for manifest in manifests for path in known.manifests[manifest].deletes}),
        files_new=sum(one.files for path, one in known.manifests.items() if path not in before),
        files=sum(one.files for one in facts),
        bytes=sum(one.bytes for one in facts),
    )


def _rivals(head: Head, versions: Versions) -> Iterator[str]:
    """Two files of one version: a commit that failed left one of them, and a listing cannot tell which."""
    for other in versions.heads:
        if other is not head and other.file.version == head.file.version:
            yield (
                f"{other.file.name} and {head.file.name} bear the same version, and no later one names either:"
                " the one that was written last is taken"
            )


def _given_up(standing: Standing, metadata: TableMetadata) -> Iterator[str]:
    """What a table's own writers committed that the version does not have; its files stay, nothing names them then."""
    now = standing.metadata
    if standing.state not in (State.PROMOTED, State.DIVERGED) or now is None:
        return
    lost = [one for one in now.snapshots if metadata.snapshot(one.id) is None]
    if lost:
        last = instant_of(max(one.timestamp_ms for one in lost))
        yield (
            f"gives up {counted(len(lost), 'commit')} of {standing.pointer}, the last of "
            f"{last:%Y-%m-%d %H:%M:%S} UTC: keep that file to look them up"
        )


def _nothing_readable(table: TableName, folder: Folder, versions: Versions) -> str:
    if versions.unreadable:
        return f"no metadata file of {table} has arrived whole: {versions.unreadable[0][1]}"
    if folder.files:
        return f"no metadata file in {folder.place} is of a table below a source prefix of --map"
    return f"{folder.place} holds no metadata file of {table}"


_NOTHING_HINT = "check the place and --map, and whether replication has begun"
