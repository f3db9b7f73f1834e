"""The drift sensor: one sweep against the newest PIT; each drift is observed, and asked for, once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from bcn_core.changes import ViewChange
from bcn_core.counting import counted
from bcn_core.errors import NotFound
from bcn_core.names import TableName, pit_id
from bcn_core.repository.repository import Repository
from bcn_dagster.automation.asking import request_pit
from bcn_dagster.automation.at_work import writers
from bcn_dagster.automation.looking import Look, look
from bcn_dagster.automation.observing import collapsed, named, observations, observe_drops, observe_views
from bcn_dagster.automation.reactions import VIEW_WORDS, asks_for_backup, kinds_of
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site

_NO_PIT = "the first PIT is taken by the schedule or by a person"


@dataclass(frozen=True, slots=True)
class Cursor:
    """What earlier ticks have dealt with: a fingerprint of the drift, and names that one listing has lacked."""

    dealt_with: str = ""
    missing: frozenset[str] = frozenset()
    missing_views: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read what :attr:`text` wrote; nothing was dealt with when there is none."""
        if not text:
            return cls()
        found = json.loads(text)
        return cls(
            found["dealt_with"], frozenset(found["missing"]), frozenset(found.get("missing_views", ()))
        )

    @property
    def text(self) -> str:
        """As Dagster keeps it."""
        missing = {"missing": sorted(self.missing), "missing_views": sorted(self.missing_views)}
        return json.dumps({"dealt_with": self.dealt_with, **missing})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Names of tables and of views that two listings in a row have lacked."""

    tables: frozenset[str]
    views: frozenset[str]

    @classmethod
    def by(cls, found: Look, before: Cursor) -> "Confirmed":
        """What one look says of names that the one before had missed."""
        return cls(
            before.missing - _names(found.sweep.pointers), before.missing_views - _names(found.sweep.views)
        )

    @property
    def any(self) -> bool:
        return bool(self.tables or self.views)

    @property
    def gone(self) -> Mapping[TableName, ViewChange]:
        """The views, as changes."""
        return {named(view): "dropped" for view in sorted(self.views)}

    def concerns(self, found: Look) -> bool:
        """Whether any of them is in the newest PIT."""
        return bool(self.tables & _names(found.missing) or self.views & _names(found.dropped_views))


@dataclass(frozen=True, slots=True)
class Findings:
    """What one tick has to say: events, whether a PIT is wanted, and names that the next listing must confirm."""

    events: tuple[dg.AssetObservation, ...]
    wants_pit: bool
    unconfirmed: frozenset[str]
    unconfirmed_views: frozenset[str] = frozenset()


def build_drift_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that compares the catalog with the newest PIT by the engine's own comparison."""

    @dg.sensor(
        name=f"{site.names.plain}_drift",
        job_name=site.backup_job,
        minimum_interval_seconds=interval_s,
        default_status=site.sensor_status,
        description="Takes a PIT of what changed: data, schemas, new, renamed, re-created and dropped tables, views.",
    )
    def drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with told_to_dagster():
            return _evaluate(site, context)

    return drift


def _evaluate(site: Site, context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    try:
        repository = site.connection.open_repository()
    except NotFound as error:
        return dg.SkipReason(f"{error.message}; {_NO_PIT}")
    if not repository.pits():
        return dg.SkipReason(f"there is no PIT yet; {_NO_PIT}")
    running = next(writers(context.instance, site.names), None)
    if running is not None:
        return dg.SkipReason(f"run {running.run_id} is at work on the repository")
    return _look_at(site, repository, Cursor.parse(context.cursor))


def _look_at(site: Site, repository: Repository, before: Cursor) -> dg.SensorResult:
    found = look(site, repository)
    confirmed = Confirmed.by(found, before)
    if found.shows_nothing_new or (found.fingerprint == before.dealt_with and not confirmed.any):
        said = f"nothing changed since PIT {repository.pits()[-1]}"
        said = said if found.shows_nothing_new else "this drift was asked for already"
        kept = "" if found.shows_nothing_new else before.dealt_with
        events = [*observe_drops(site.names, confirmed.tables), *observe_views(site.names, confirmed.gone)]
        return dg.SensorResult(skip_reason=said, asset_events=events, cursor=Cursor(kept).text)
    storm = len(found.moved) > site.options.storm
    findings = _collapsed(site, found, confirmed) if storm else _each(site, found, confirmed)
    again = found.fingerprint == before.dealt_with and not confirmed.concerns(found)
    return _told(site, found, findings, ask=findings.wants_pit and not again)


def _told(site: Site, found: Look, findings: Findings, *, ask: bool) -> dg.SensorResult:
    cursor = Cursor(found.fingerprint, findings.unconfirmed, findings.unconfirmed_views).text
    events = list(findings.events)
    if not ask:
        count = len(findings.unconfirmed) + len(findings.unconfirmed_views)
        waiting = f"; {counted(count, 'name')} missing from one listing" if count else ""
        return dg.SensorResult(
            skip_reason=f"observed only, no PIT is asked for{waiting}", asset_events=events, cursor=cursor
        )
    pit = pit_id(datetime.now(UTC))
    parent = found.parent.manifest.pit if found.parent.manifest else "none"
    request = request_pit(site, found.moved, pit, asked_by="drift", key=f"drift-{parent}-{found.fingerprint}")
    return dg.SensorResult(
        run_requests=[request],
        dynamic_partitions_requests=[site.partitions.build_add_request([pit])],
        asset_events=events,
        cursor=cursor,
    )


def _each(site: Site, found: Look, confirmed: Confirmed) -> Findings:
    """One observation for each table, and each kind by its own switch."""
    changes = found.changes()
    by_table = kinds_of(changes)
    dropped = {str(table) for table in changes.dropped}
    kinds = {kind for table, said in by_table.items() if str(table) not in dropped for kind in said}
    if dropped & confirmed.tables:
        kinds.add("dropped")
    views = _views(found, confirmed)
    return Findings(
        events=(
            *observations(site.names, changes, by_table),
            *observe_drops(site.names, confirmed.tables),
            *observe_views(site.names, views),
        ),
        wants_pit=asks_for_backup(
            site.options.on_change, kinds | {VIEW_WORDS[change] for change in views.values()}
        ),
        unconfirmed=frozenset(dropped - confirmed.tables),
        unconfirmed_views=_names(found.dropped_views) - confirmed.views,
    )


def _collapsed(site: Site, found: Look, confirmed: Confirmed) -> Findings:
    """Too many changes for one event each, and for reading their metadata within a tick: the PIT will say more."""
    return Findings(
        events=(
            collapsed(site.names, found),
            *observe_drops(site.names, confirmed.tables),
            *observe_views(site.names, _views(found, confirmed)),
        ),
        wants_pit=True,
        unconfirmed=_names(found.missing) - confirmed.tables,
        unconfirmed_views=_names(found.dropped_views) - confirmed.views,
    )


def _views(found: Look, confirmed: Confirmed) -> dict[TableName, ViewChange]:
    """The views that drifted; dropped ones once a second listing has confirmed that."""
    told = {view: change for view, change in found.views.items() if change != "dropped"}
    return told | dict(confirmed.gone)


def _names(tables: Iterable[TableName]) -> frozenset[str]:
    return frozenset(map(str, tables))
