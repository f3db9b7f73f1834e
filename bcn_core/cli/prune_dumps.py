"""What ``bcn prune`` does with the dumps of the catalog's own database: the same rules, shown apart."""

from bcn_core.cli.drawing import draw, line, size, warn
from bcn_core.cli.manner import Manner
from bcn_core.cli.plain import plain
from bcn_core.counting import counted
from bcn_core.dump_retention import DumpPrunePlan, DumpRules, apply_dump_prune, plan_dump_prune
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import Rules


def plan_dumps(repository: Repository, rules: Rules) -> DumpPrunePlan:
    """Which dumps would go by the rules of the PITs.

    Raises:
        InvalidRequest: the rules keep nothing.
        DamagedRepository: a tombstone cannot be read.
    """
    return plan_dump_prune(repository, _of_dumps(rules))


def prune_dumps(manner: Manner, repository: Repository, plan: DumpPrunePlan, rules: Rules) -> None:
    """Carry the plan out, and say what was done where there is anything to say.

    Raises:
        Conflict: clocks differ.
    """
    done = apply_dump_prune(repository, plan, _of_dumps(rules), this_process("bcn prune"))
    manner.answer({"dumps_result": plain(done)})
    if manner.as_json or not (plan.keep or plan.remove or plan.until or plan.orphans):
        return
    line(
        f"{counted(len(done.condemned), 'dump')} waiting now, {len(done.removed)} removed · {size(done.bytes)} freed"
    )
    for dump, why in sorted(done.spared.items()):
        warn(f"dump {dump} was spared: {why}")


def draw_dump_plan(plan: DumpPrunePlan) -> None:
    """A table of the dumps; nothing where there is none."""
    rows = [(dump, "keep", ", ".join(why)) for dump, why in plan.keep.items()]
    rows += [(dump, "remove", "no rule keeps it") for dump in plan.remove]
    for dump, until in plan.until.items():
        due = dump in plan.due
        why = "its grace is over" if due else f"can be called back until {until:%Y-%m-%d %H:%M} UTC"
        rows.append((dump, "remove now" if due else "waiting", why))
    if rows:
        draw(("WHAT", "DUMP (UTC)", "~WHY"), [(what, dump, why) for dump, what, why in sorted(rows)])


def _of_dumps(rules: Rules) -> DumpRules:
    return DumpRules(rules.policy, rules.grace, rules.orphans_after)
