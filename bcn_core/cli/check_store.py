"""``bcn check-store``: try a place out."""

from typing import TypedDict, Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.drawing import draw
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import RunOptions, json_option, run_options
from bcn_core.cli.plain import plain
from bcn_core.errors import StorageRefused
from bcn_core.settings import load
from bcn_core.storage.opening import open_stores
from bcn_core.storage.probing import Probed, probe


class CheckStoreOptions(RunOptions):
    """What ``bcn check-store`` takes."""

    place: str


class CheckStoreDocument(TypedDict):
    """What a place keeps of the promises that a repository stands on."""

    place: str
    promises: list[Probed]


@click.command(
    "check-store",
    epilog=examples(
        "bcn check-store /backups",
        "bcn check-store s3://backups",
    ),
)
@click.argument("place", shell_complete=completing.folders)
@run_options
@json_option(CheckStoreDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[CheckStoreOptions]) -> None:
    """Try out whether PLACE, a folder or a URL, can hold a repository.

    Writes about 50 MB below a folder of its own there and deletes it again. bcn init does the same.
    """
    store = open_stores(load(given["config"])).at(given["place"])
    found = probe(store)
    manner.answer({"place": store.url, "promises": plain(found)})
    if not manner.as_json:
        draw(("RESULT", "~PROMISE", "~SEEN"), ((_kept(one), one.promise, one.seen) for one in found))
    broken = [one.promise for one in found if not one.kept]
    if broken:
        raise StorageRefused(
            f"{store.url} cannot hold a repository: {len(broken)} of {len(found)} promises are broken",
            hint="choose another store, or a newer version of this one; see: bcn docs object-stores",
        )


def _kept(one: Probed) -> str:
    return "kept" if one.kept else "BROKEN"
