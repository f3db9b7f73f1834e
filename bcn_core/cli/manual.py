"""The pages of the documentation, which are installed with the program: whoever restores may have no network.

A page is called by the name of its file without what stands before and behind it: no two pages share one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bcn_core.errors import NotFound
from bcn_core.names import nearest

_LINK = re.compile(r"- \[(?P<title>[^\]]+)\]\((?P<path>[^)#]+\.md)\)")
_PACKAGE = Path(__file__).parents[1]
_NOWHERE = "this installation was made without its pages; they stand in docs/ of BCN's source"


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and the section of the index that leads to it."""

    section: str
    title: str
    path: Path

    @property
    def topic(self) -> str:
        """What it is called."""
        return self.path.stem


def index() -> tuple[Page, ...]:
    """The pages that the index leads to, in its order.

    Raises:
        NotFound: the pages were not installed.
    """
    folder = _folder()
    return tuple(_pages(folder, _read(folder / "index.md")))


def topics() -> Mapping[str, Path]:
    """Every page by what it is called; empty where they were not installed."""
    return {path.stem: path for path in sorted(_folder().rglob("*.md"))}


def text_of(topic: str) -> str:
    """A page as it was written, in Markdown.

    Raises:
        NotFound: no page is called that.
    """
    known = topics()
    if topic not in known:
        hint = f"{nearest(topic, _for_people(known))}; to list them: bcn docs" if known else _NOWHERE
        raise NotFound(f"no page is called '{topic}'", hint=hint)
    return _read(known[topic])


def _for_people(known: Iterable[str]) -> list[str]:
    """All but the decisions, which begin with a number, and their list."""
    return [topic for topic in known if topic[0].islower()]


def _folder() -> Path:
    """Inside the package where it was installed from a wheel; beside it in a checkout."""
    packed = _PACKAGE / "docs"
    return packed if packed.is_dir() else _PACKAGE.parent / "docs"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"there is no {path.name}", hint=_NOWHERE) from error


def _pages(folder: Path, text: str) -> Iterator[Page]:
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif found := _LINK.match(line):
            yield Page(section, found["title"], folder / found["path"])
