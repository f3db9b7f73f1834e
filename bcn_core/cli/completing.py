"""What a shell offers for a value: names from ``bcn.toml``, and from the repository where that is a folder.

A key must neither wait for a network nor show an error: whatever goes wrong, nothing is offered.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from bcn_core.repository.repository import Repository
    from bcn_core.settings import Settings

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _offering(find: Callable[[dict[str, Any]], Iterable[str]]) -> Completer:
    """A completer of what a function finds by the options that stand on the line already."""

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [name for name in find(context.params) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - see the module: there is nobody to tell
            return []

    return complete


def _settings(given: dict[str, Any]) -> "Settings":
    from bcn_core.settings import load

    return load(given.get("config"))


def _repository(given: dict[str, Any]) -> "Repository | None":
    """The repository, where it is a folder of this machine."""
    from bcn_core.repository.repository import Repository
    from bcn_core.storage.opening import open_stores

    settings = _settings(given)
    url = given.get("repo") or settings.repository.url
    if not url or not Path(url.removeprefix("file://")).is_dir():
        return None
    return Repository.open(open_stores(settings).at(url))


def _pits(given: dict[str, Any]) -> Iterable[str]:
    if given.get("catalog_database"):
        return _dumps(given)
    repository = _repository(given)
    return () if repository is None else ("latest", *reversed(repository.pits()))


def _tables(given: dict[str, Any]) -> Iterable[str]:
    repository = _repository(given)
    if repository is None:
        return ()
    manifest = repository.pit(repository.select(given.get("pit") or "latest"))
    return sorted(map(str, repository.tables(manifest)))


def _databases(given: dict[str, Any]) -> Iterable[str]:
    return sorted({table.rpartition(".")[0] for table in _tables(given)})


def _dumps(given: dict[str, Any]) -> Iterable[str]:
    from bcn_core.dumping.dumps import Dumps

    repository = _repository(given)
    return () if repository is None else ("latest", *reversed(Dumps(repository).ids()))


def _topics(_given: dict[str, Any]) -> Iterable[str]:
    from bcn_core.cli.manual import topics as known

    return known()


def folders(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell offer its folders."""
    return [CompletionItem(incomplete, type="dir")]


pits = _offering(_pits)
"""Ids of PITs, the newest first; of dumps, where the line says that it means one."""


def documents(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The words of commands that print a document: the next after those that stand on the line."""
    from bcn_core.cli.schema import answers

    typed = ["bcn", *(context.params.get("of") or ())]
    known = (name.split() for name, _ in answers(context.find_root().command))
    following = (name[len(typed)] for name in known if name[: len(typed)] == typed and len(name) > len(typed))
    return [word for word in dict.fromkeys(following) if word.startswith(incomplete)]


tables = _offering(_tables)
"""``DATABASE.TABLE`` of the PIT that the line names, else of the newest."""
dumps = _offering(_dumps)
"""Ids of dumps of the catalog's own database, the newest first."""
topics = _offering(_topics)
"""Pages of the documentation."""
databases = _offering(_databases)
"""Databases of the PIT that the line names, else of the newest."""
catalogs = _offering(lambda given: sorted(_settings(given).catalogs))
"""The catalogs of ``bcn.toml``."""
standbys = _offering(lambda given: sorted(_settings(given).standby))
"""The standbys of ``bcn.toml``."""
