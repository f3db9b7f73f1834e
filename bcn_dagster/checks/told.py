"""The checks that need nothing but a PIT and the one before: the step that publishes evaluates them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from bcn_core.errors import NotFound
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.metadata import markdown_table, reasons
from bcn_dagster.automation.reactions import kinds_in, view_kinds
from bcn_dagster.site import Site

_ERROR, _WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True, slots=True)
class Told:
    """What one check found."""

    name: str
    passed: bool
    severity: dg.AssetCheckSeverity
    metadata: dict[str, Any]
    blocking: bool = True

    def result(self, site: Site) -> dg.AssetCheckResult:
        """For the step that evaluates it."""
        return dg.AssetCheckResult(
            asset_key=site.names.pit,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            metadata=self.metadata,
        )

    def evaluation(self, site: Site, pit: str) -> dg.AssetCheckEvaluation:
        """For one PIT of several, or of another writer, which no step of ours evaluates."""
        return dg.AssetCheckEvaluation(
            asset_key=site.names.pit,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            metadata=self.metadata,
            blocking=self.blocking,
            partition=pit,
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table in two PITs that follow each other."""

    table: TableName
    before: int
    after: int

    @property
    def lost(self) -> float:
        """The share that is gone; below 0 for a table that grew."""
        return (self.before - self.after) / self.before if self.before else 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A published PIT that is looked at; ``red`` when a table failed that somebody asked for."""

    site: Site
    repository: Repository
    manifest: PitManifest
    red: bool


Found = tuple[bool, dg.AssetCheckSeverity, dict[str, Any]]
"""Whether a check passed, how bad it is when not, and what people see of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check looks for, and what it says when it passes.

    One that blocks: whoever reads on must not read an incomplete PIT, or one with a change that was called unwanted.
    """

    evaluate: Callable[[Subject], Found]
    description: str
    blocking: bool = True


def told(site: Site, repository: Repository, manifest: PitManifest, *, red: bool) -> Iterator[Told]:
    """Every check of a published PIT; ``red`` when a table failed that somebody asked for."""
    subject = Subject(site, repository, manifest, red)
    for name, check in _CHECKS.items():
        yield Told(name, *check.evaluate(subject), check.blocking)


def check_specs(site: Site) -> dict[str, dg.AssetCheckSpec]:
    """What these checks are, by their names."""
    return {
        name: dg.AssetCheckSpec(
            name,
            asset=site.names.pit,
            blocking=check.blocking,
            description=check.description,
            partitions_def=site.partitions,
        )
        for name, check in _CHECKS.items()
    }


def rows_before_and_after(repository: Repository, manifest: PitManifest) -> list[Rows]:
    """The tables that this PIT captured and the one before held, with their rows; renamed ones too."""
    if manifest.parent_pit is None:
        return []
    try:
        before = repository.tables(repository.pit(manifest.parent_pit.pit))
    except NotFound:
        return []  # It was pruned.
    old = {one.after.table(): one.before.table() for one in manifest.renamed}
    found = []
    for table, entry in sorted(repository.tables(manifest).items()):
        earlier = before.get(old.get(table, table))
        if (
            earlier
            and earlier.rows is not None
            and entry.rows is not None
            and entry.capture_pit == manifest.pit
        ):
            found.append(Rows(table, earlier.rows, entry.rows))
    return found


def _complete(subject: Subject) -> Found:
    manifest = subject.manifest
    failed = {one.table.table(): one.reason for one in manifest.failed}
    carried = {ref.table(): "as an earlier PIT holds it" for ref in manifest.carried}
    metadata = {
        "bcn/status": manifest.status,
        "bcn/failed": len(failed),
        "bcn/failed_tables": reasons(failed),
        "bcn/failed_views": reasons({one.table.table(): one.reason for one in manifest.failed_views}),
        "bcn/carried_tables": reasons(carried),
    }
    return manifest.status == "complete", _ERROR if subject.red else _WARN, metadata


def _no_unwanted_change(subject: Subject) -> Found:
    manifest, on_change = subject.manifest, subject.site.options.on_change
    columns = {str(one.table.table()): one.columns for one in manifest.changed}
    found = (
        kinds_in(manifest) | view_kinds(subject.repository, manifest)
        if manifest.parent_pit is not None
        else {}
    )
    unwanted = {
        table: [kind for kind in kinds if on_change.get(kind) == "fail_check"]
        for table, kinds in found.items()
    }
    changed = [
        (table, ", ".join(kinds), "; ".join(columns.get(table, ()))) for table, kinds in sorted(found.items())
    ]
    bad = [(table, ", ".join(kinds)) for table, kinds in sorted(unwanted.items()) if kinds]
    metadata = {
        "bcn/changed": len(changed),
        "bcn/unwanted": len(bad),
        "bcn/unwanted_changes": markdown_table(("table", "change"), bad, empty="none"),
        "bcn/changes": markdown_table(("table", "change", "columns"), changed, empty="nothing changed"),
    }
    return not bad, _ERROR, metadata


def _row_counts(subject: Subject) -> Found:
    found = rows_before_and_after(subject.repository, subject.manifest)
    limit = subject.site.options.checks.row_loss
    lost = [one for one in found if one.lost > limit]
    rows = [(one.table, f"{one.before:,}", f"{one.after:,}", f"{-one.lost:+.1%}") for one in found]
    metadata = {
        "bcn/compared": len(found),
        "bcn/lost_rows": len(lost),
        "bcn/allowed_loss": dg.MetadataValue.float(limit),
        "bcn/tables": ", ".join(str(one.table) for one in lost) or "none",
        "bcn/rows": markdown_table(
            ("table", "before", "now", "change"), rows, empty="no table was captured anew"
        ),
    }
    return not lost, _WARN, metadata


_CHECKS: Mapping[str, Check] = {
    "pit_complete": Check(_complete, "Every table of the sweep is in the PIT as it was at that time."),
    "no_unwanted_change": Check(
        _no_unwanted_change,
        "No table changed in a way that `on_change` calls fail_check (schema drift, drops).",
    ),
    "row_counts": Check(
        _row_counts,
        "No table lost more of its rows since the PIT before than `row_loss` allows.",
        blocking=False,
    ),
}
