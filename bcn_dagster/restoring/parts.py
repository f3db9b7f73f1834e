"""Steps that copy the files of a very large table side by side, wherever they run, ahead of its restore."""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from bcn_core.copying import Part
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository.files import StoredFile
from bcn_core.restore import SqlViewPlan, TablePlan, copy_part, pinning
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.grouping import parts_of
from bcn_dagster.naming import plain
from bcn_dagster.restoring.config import Way
from bcn_dagster.restoring.opening import open_restore
from bcn_dagster.site import Site

Copied = tuple[TableName, Part]
"""A part of a table, named by its target, all of whose files are at their place."""


def parts_of_table(site: Site, plan: TablePlan | SqlViewPlan) -> list[Part]:
    """The parts in which a table's files are copied ahead; none of a table that one step restores."""
    if isinstance(plan, SqlViewPlan) or plan.refusal is not None or plan.action not in ("create", "replace"):
        return []
    count = parts_of(plan.files, site.options.files_per_step)
    return [Part(number, count) for number in range(count)]


def step_key(plan: TablePlan | SqlViewPlan) -> str:
    """What the step of a table or view is called among its like."""
    return plain(f"{plan.source}__{plan.pit}")


def build_copy_part(site: Site) -> dg.OpDefinition:
    """The step of one part. What it leaves uncopied, the table's own step copies."""

    @dg.op(
        name=f"{site.names.plain}_restore_part",
        out=dg.Out(list),
        retry_policy=site.retry_policy,
        description="Copies one part of a very large table's files, ahead of the table's own step.",
    )
    def copy_op(context: dg.OpExecutionContext, planned: tuple) -> list[Copied]:  # type: ignore[type-arg]
        way, table, part = planned
        started = time.monotonic()
        files = _copy(site, context, way, table, part)
        context.add_output_metadata(
            {
                "bcn/files": len(files or ()),
                "bcn/bytes": sum(file.size for file in files or ()),
                "bcn/duration_s": dg.MetadataValue.float(time.monotonic() - started),
            }
        )
        return [] if files is None else [(table.target, part)]

    return copy_op


def build_after_parts(site: Site) -> dg.OpDefinition:
    """The step that hands each very large table on, with what was copied of it.

    A step of one dynamic output cannot wait for those of another.
    """

    @dg.op(
        name=f"{site.names.plain}_after_parts",
        out=dg.DynamicOut(tuple),
        description="Waits for the parts of very large tables, and lets the tables' own steps go on.",
    )
    def after_parts(large_tables: list, copied: list) -> Iterator[dg.DynamicOutput[Any]]:  # type: ignore[type-arg]
        found: list[Copied] = [one for some in copied for one in some]
        for way, table in large_tables:
            parts = tuple(part for target, part in found if target == table.target)
            yield dg.DynamicOutput((way, table, parts), step_key(table))

    return after_parts


def _copy(
    site: Site, context: dg.OpExecutionContext, way: Way, table: TablePlan, part: Part
) -> list[StoredFile] | None:
    """What may pass is tried again; what does not is left to the table's own step, which tells what is wrong."""
    with told_to_dagster():
        restore = open_restore(site, way, context)
    try:
        with pinning(restore, (table.pit,)) as pinned:
            return copy_part(pinned, table, part)
    except BcnError as error:
        if error.retryable:
            site.try_again(context.retry_number, error)
        context.log.warning("the step of %s copies this part: %s", table.target, error)
        return None
