"""The compare job: what differs between two PITs, table by table."""

from typing import Any

import dagster as dg
from pydantic import Field

from bcn_core.counting import counted
from bcn_core.describe import Difference, differences, pit_before
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.pictures import bars
from bcn_dagster.site import Site


class CompareConfig(dg.Config):
    """Which two PITs."""

    before: str | None = Field(
        None, description="The older PIT: an id, a prefix, a timestamp. Default: the one before."
    )
    after: str = Field(
        "latest", description="The newer PIT: an id, any prefix of one, a timestamp, or latest."
    )


def build_compare_job(site: Site) -> dg.JobDefinition:
    """A job that only reads the repository."""

    @dg.op(
        name=f"{site.names.plain}_compare_two_pits", description="Reads the indexes of both PITs, no data."
    )
    def compare(context: dg.OpExecutionContext, config: CompareConfig) -> None:
        with told_to_dagster():
            repository = site.connection.open_repository()
            after = repository.select(config.after)
            before = repository.select(config.before) if config.before else pit_before(repository, after)
            found = list(differences(repository, before, after))
        context.log.info("between PIT %s and PIT %s: %s", before, after, counted(len(found), "other table"))
        context.add_output_metadata({"bcn/before": before, "bcn/after": after, **comparison_metadata(found)})
        context.instance.add_run_tags(context.run_id, {"bcn/before": before, "bcn/pit": after})

    @dg.job(
        name=site.job("compare_pits"),
        tags={"bcn/upkeep": "compare", **site.options.tags},
        description="Shows what differs between two PITs: tables, rows, files, bytes.",
    )
    def compare_pits() -> None:
        compare()

    return compare_pits


def comparison_metadata(found: list[Difference]) -> dict[str, Any]:
    """The differences as a table and as a picture."""
    rows = [(one.table, one.what, f"{one.rows:+,}", f"{one.files:+,}", f"{one.bytes:+,}") for one in found]
    return {
        "bcn/different": len(found),
        "bcn/rows": sum(one.rows for one in found),
        "bcn/bytes": sum(one.bytes for one in found),
        "bcn/differences": markdown_table(
            ("table", "what", "rows", "files", "bytes"), rows, empty="they are equal"
        ),
        "bcn/picture": bars("Bytes that differ", [(str(one.table), abs(one.bytes)) for one in found], "B"),
    }
