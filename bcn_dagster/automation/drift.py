"""The drift sensor: one sweep against the newest PIT; each drift is observed, and asked for, once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from bcn_core.changes import ViewChange
from bcn_core.counting import counted
from bcn_core.names import TableName, pit_id
from bcn_core.repository.repository import Repository
from bcn_dagster.automation.asking import request_pit
from bcn_dagster.automation.at_work import writers
from bcn_dagster.automation.looking import Look, look
from bcn_dagster.automation.observing import collapsed, observations, observe_drops, observe_views
from bcn_dagster.automation.reactions import VIEW_WORDS, asks_for_backup, kinds_of
from bcn_dagster.automation.ticking import NO_PIT, Sensor, build_sensor
from bcn_dagster.naming import levels_of, of_levels
from bcn_dagster.site import Site


@dataclass(frozen=True, slots=True)
class Cursor:
    """What earlier ticks have dealt with: a fingerprint of the drift, and names that one listing has lacked."""

    dealt_with: str = ""
    missing: frozenset[TableName] = frozenset()
    missing_views: frozenset[TableName] = frozenset()

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read what :attr:`text` wrote; nothing was dealt with when there is none."""
        if not text:
            return cls()
        found = json.loads(text)
        return cls(found["dealt_with"], _kept(found["missing"]), _kept(found.get("missing_views", ())))

    @property
    def text(self) -> str:
        """As Dagster keeps it."""
        return json.dumps(
            {
                "dealt_with": self.dealt_with,
                "missing": [levels_of(table) for table in sorted(self.missing)],
                "missing_views": [levels_of(view) for view in sorted(self.missing_views)],
            }
        )


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Names of tables and of views that two listings in a row have lacked."""

    tables: frozenset[TableName]
    views: frozenset[TableName]

    @classmethod
    def by(cls, found: Look, before: Cursor) -> "Confirmed":
        """What one look says of names that the one before had missed; one that is listed and unreadable is there."""
        sweep = found.sweep
        return cls(
            before.missing - sweep.pointers.keys() - sweep.unreadable.keys(),
            before.missing_views - sweep.views.keys() - set(sweep.unreadable_views),
        )

    @property
    def any(self) -> bool:
        return bool(self.tables or self.views)

    @property
    def gone(self) -> Mapping[TableName, ViewChange]:
        """The views, as changes."""
        return dict.fromkeys(sorted(self.views), "dropped")

    def concerns(self, found: Look) -> bool:
        """Whether any of them is in the newest PIT."""
        return bool(self.tables & found.missing or self.views & found.dropped_views)


@dataclass(frozen=True, slots=True)
class Findings:
    """What one tick has to say: events, whether a PIT is wanted, and names that the next listing must confirm."""

    events: tuple[dg.AssetObservation, ...]
    wants_pit: bool
    unconfirmed: frozenset[TableName]
    unconfirmed_views: frozenset[TableName]


def build_drift_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that compares the catalog with the newest PIT by the engine's own comparison."""
    words = "Takes a PIT of what changed: data, schemas, new, renamed, re-created and dropped tables, views."
    return build_sensor(site, Sensor("drift", words, _evaluate, interval_s, site.backup_job))


def _evaluate(
    site: Site, repository: Repository, context: dg.SensorEvaluationContext
) -> dg.SensorResult | dg.SkipReason:
    if not repository.pits():
        return dg.SkipReason(f"there is no PIT yet; {NO_PIT}")
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
    dropped = frozenset(changes.dropped)
    kinds = {kind for table, said in by_table.items() if table not in dropped for kind in said}
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
        unconfirmed=dropped - confirmed.tables,
        unconfirmed_views=found.dropped_views - confirmed.views,
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
        unconfirmed=found.missing - confirmed.tables,
        unconfirmed_views=found.dropped_views - confirmed.views,
    )


def _views(found: Look, confirmed: Confirmed) -> dict[TableName, ViewChange]:
    """The views that drifted; dropped ones once a second listing has confirmed that."""
    told = {view: change for view, change in found.views.items() if change != "dropped"}
    return told | dict(confirmed.gone)


def _kept(names: Iterable[Any]) -> frozenset[TableName]:
    """Names that a cursor keeps; texts are those of an older BCN, and the next listing looks for them anew."""
    return frozenset(of_levels(one) for one in names if not isinstance(one, str))
