"""What mkdocs must be told of pages that are written for GitHub: their order, their code blocks, links out of docs/."""

import os
import re
from pathlib import Path
from typing import Any

SECTION = re.compile(r"^## (.+)$|^(?:-|\d+\.) \[(.+?)\]\(([^)#]+\.md)\)", re.MULTILINE)
MARKS = re.compile(r"^(```\w+)[ ][^\n`]*$", re.MULTILINE)
OUTSIDE = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)]+)\)")


def on_config(config: Any) -> Any:
    """The navigation is docs/index.md, so that a page that it does not link to is left out, which is a warning."""
    docs = Path(config["docs_dir"])
    decisions = [
        {title: f"decisions/{page}"} for _, title, page in SECTION.findall(_text(docs, "decisions/README.md"))
    ]
    nav: list[Any] = [{"BCN": "index.md"}]
    for section, title, page in SECTION.findall(_text(docs, "index.md")):
        if section:
            nav.append({section: []})
        elif page == "decisions/README.md":
            nav.append({title: [{title: page}, *decisions]})
        else:
            next(iter(nav[-1].values())).append({title: page})
    config["nav"] = [one for one in nav if next(iter(one.values()))]
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Marks for the tests go; files of the repository that are no pages are named, not linked."""
    folder = (Path(config["docs_dir"]) / page.file.src_uri).parent
    return OUTSIDE.sub(
        lambda link: _kept_or_named(link, folder, Path(config["docs_dir"])), MARKS.sub(r"\1", markdown)
    )


def _kept_or_named(link: re.Match[str], folder: Path, docs: Path) -> str:
    target = Path(os.path.normpath(folder / link[2].partition("#")[0]))
    leads_out = target.exists() and docs not in target.parents
    return f"{link[1]} (`{target.relative_to(docs.parent)}`)" if leads_out else link[0]


def _text(docs: Path, page: str) -> str:
    return (docs / page).read_text()
