"""What the benchmarks found, kept as JSON and shown as one page with plots: docs/benchmarks.md.

A benchmark calls `keep(Answer(...))` at its end. `python benchmarks/reporting.py` writes the page anew from what is
kept in benchmarks/results; with --check it fails when the page is another one. Plots are drawn by `keep` alone: they
need matplotlib, which stands in the lock of the services.
"""

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
PAGE = ROOT / "docs/benchmarks.md"
PLOTS = ROOT / "docs/images/benchmarks"
# The order of the page; what is not named here comes after, by name.
ORDER = [
    "copying",
    "latency",
    "full",
    "incremental",
    "relocation",
    "answers",
    "verify_and_prune",
    "requests",
    "workers",
]
# How long a plot's label of a bar may be before it is cut, in characters.
LABEL = 42
INTRODUCTION = """# How fast, next to what you would use instead

Each section is one command, which ran BCN and its peers on the same data in the same run. Seconds depend on the
machine; what we promise are ratios, counted bytes and requests, CPU seconds and peak memory. Where a promise does not
hold, the table says **no** and the text below says why.

`make bench` measures yours. This page is written by `python benchmarks/reporting.py` from what the benchmarks kept.
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """One sentence that should be true, what was measured, and whether it is."""

    text: str
    measured: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot: one bar for each name, in one unit; the shorter the better unless its title says otherwise."""

    title: str
    unit: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one benchmark found: a question, promises, a table, and the remarks that a fair reader needs."""

    name: str
    question: str
    command: str
    columns: list[str]
    rows: list[list[str]]
    promises: list[Promise] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    bars: Bars | None = None
    # `keep` says when and where.
    circumstances: str = ""


def keep(answer: Answer) -> None:
    """Print an answer, keep it in benchmarks/results with date and machine, draw its plot, write the page anew."""
    kept = replace(answer, circumstances=_circumstances())
    print(_section(kept))
    RESULTS.mkdir(exist_ok=True)
    document = json.dumps(asdict(kept), indent=2, ensure_ascii=False)
    (RESULTS / f"{answer.name}.json").write_text(document + "\n")
    if answer.bars:
        _draw(answer.name, answer.bars)
    PAGE.write_text(page())


def page() -> str:
    """The whole page, of all answers that are kept; ValidationError when a file holds something else."""
    answer_of = TypeAdapter(Answer).validate_json
    kept = [answer_of(path.read_bytes()) for path in RESULTS.glob("*.json")]
    places = {name: place for place, name in enumerate(ORDER)}
    kept.sort(key=lambda answer: (places.get(answer.name, len(places)), answer.name))
    return "\n".join([INTRODUCTION, *map(_section, kept)])


def _circumstances() -> str:
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"on {datetime.now(UTC).date()}: {machine}"


def _section(answer: Answer) -> str:
    parts = [f"## {answer.question}", f"`{answer.command}` {answer.circumstances}."]
    if answer.promises:
        rows = [[one.text, one.measured, "yes" if one.holds else "**no**"] for one in answer.promises]
        parts.append(_table(["promise", "measured", "holds"], rows))
    parts.append(_table(answer.columns, answer.rows))
    if answer.bars:
        parts.append(f"![{answer.bars.title}](images/benchmarks/{answer.name}.svg)")
    if answer.remarks:
        parts.append("\n".join(f"- {remark}" for remark in answer.remarks))
    return "\n\n".join(parts) + "\n"


def _table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _draw(name: str, bars: Bars) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    # No date and no random ids: the same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = name
    from matplotlib import pyplot as plt

    names = [label[:LABEL] for label in bars.values]
    colours = ["#2563eb" if "bcn" in label.lower() else "#94a3b8" for label in names]
    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.42 * len(names)), layout="constrained")
    drawn = axes.barh(names, list(bars.values.values()), color=colours)
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_title(bars.title)
    axes.set_xlabel(bars.unit)
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    PLOTS.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(
            PAGE.read_text() != page()
            and f"{PAGE.relative_to(ROOT)} is not what is kept; run benchmarks/reporting.py"
        )
    PAGE.write_text(page())
