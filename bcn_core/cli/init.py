"""``bcn init``: make a repository."""

from typing import TypedDict, Unpack

import click

from bcn_core.capture.making import make_repository
from bcn_core.cli.drawing import line
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import ScopeOptions, json_option, place_options, scope_options
from bcn_core.cli.plain import plain
from bcn_core.cli.scope import Asked
from bcn_core.repository.documents import RepositoryManifest


class InitDocument(TypedDict):
    """The repository that was made."""

    repository: RepositoryManifest


@click.command(
    "init",
    epilog=examples(
        "bcn init --repo /backups/shop --catalog shop",
        "bcn init --repo s3://backups/orders --catalog shop --table sales.orders",
    ),
)
@place_options
@scope_options
@json_option(InitDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[ScopeOptions]) -> None:
    """Make a repository for a catalog, a database or a table.

    What it covers is fixed from then on. bcn backup makes one as well, at its first run.
    """
    place = open_place(given)
    scope = Asked.of(given, place.settings.repository).scope()
    repository = make_repository(place.store, scope, place.catalog(scope.catalog))
    manner.answer({"repository": plain(repository.manifest)})
    if not manner.as_json:
        line(f"repository {repository.store.url} covers {scope.granularity} {scope}")
        line("take the first PIT: bcn backup --repo " + place.url)
