"""The story that the demo tells: first PIT, a second day, a second PIT, a loss, and everything back."""

import shutil
from collections.abc import Mapping

import dagster as dg
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.describe import describe_pit
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_dagster.demo import warehouse
from bcn_dagster.demo.comparing import compare_all
from bcn_dagster.demo.location import DemoLocation, make_dagster_home
from bcn_dagster.demo.place import CATALOG, RECOVERED, Place
from bcn_dagster.demo.reading import Contents, SecondReader, read_all
from bcn_dagster.demo.shown import Screen, shown


def tell(place: Place) -> bool:
    """Carry out the whole story; tells whether everything came back as it was.

    Raises:
        BcnError: a step failed.
    """
    shutil.rmtree(place.home, ignore_errors=True)
    place.write_settings()
    make_dagster_home(place)
    with dg.DagsterInstance.get() as instance:
        story = Story(place, instance)
        story.first_day()
        story.second_day()
        story.loss()
        recovered = story.recover_elsewhere()
        returned = story.return_home()
    story.next_steps()
    return recovered and returned


def prepare(place: Place) -> None:
    """Make what ``make dev`` shows, unless it is there: the source, the settings and a first PIT."""
    is_there = (place.source / "catalog.db").is_file() and place.repository.is_dir()
    if not is_there:
        shutil.rmtree(place.home, ignore_errors=True)
    place.write_settings()
    make_dagster_home(place)
    if not is_there:
        with dg.DagsterInstance.get() as instance:
            Story(place, instance).first_day()


class Story:
    """The chapters, in their order."""

    def __init__(self, place: Place, instance: dg.DagsterInstance) -> None:
        self._place = place
        self._instance = instance
        self._screen = Screen()
        self._before: dict[str, Contents] = {}

    def first_day(self) -> None:
        """A warehouse in use, and its first PIT."""
        self._screen.chapter("A warehouse with three databases")
        warehouse.create(self._place)
        self._before = self._read_source()
        rows = sum(one.current.count for one in self._before.values())
        self._screen.say(
            f"catalog '{CATALOG}', {len(self._before)} tables, {rows:,} rows, in {shown(self._place.source)}"
        )
        self._screen.chapter("The first PIT, materialized through Dagster")
        self._show(DemoLocation(self._place, self._instance).back_up_all())

    def second_day(self) -> None:
        """Everything that happens to tables, found by the drift sensor and put into a second PIT."""
        self._screen.chapter("A second day: appends, a new schema, a rename, a drop, a table made anew")
        warehouse.live_on(self._place)
        dropped = {name: one for name, one in self._before.items() if name == "sales.returns"}
        self._location = DemoLocation(self._place, self._instance)
        request = self._location.ask_drift_sensor()
        self._screen.say(f"the drift sensor asks for PIT {request.partition_key} of what changed")
        self._screen.chapter("The second PIT, as the sensor asked for it")
        self._show(self._location.run(request))
        self._before = dropped | self._read_source()

    def loss(self) -> None:
        """No catalog, no file of the source is left."""
        self._screen.chapter("The loss: the source's catalog and all its files are deleted")
        shutil.rmtree(self._place.source)
        self._screen.say(
            f"{shown(self._place.source)} is gone; what is left is {shown(self._place.repository)}"
        )

    def recover_elsewhere(self) -> bool:
        """Restore under new names at a new place, and compare with what was there before the loss."""
        self._screen.chapter("Restored from the repository alone, under new names, at a new place")
        self._place.recovered.mkdir()
        self._location.restore(
            {
                "target": {"other_catalog": {"catalog": RECOVERED, "database": "{database}_restored"}},
                "include_deleted": True,
            }
        )
        targets = {name: name.replace(".", "_restored.", 1) for name in self._before}
        return self._compare(
            SqlCatalog(RECOVERED, **self._place.catalog_properties(self._place.recovered)), targets
        )

    def return_home(self) -> bool:
        """Restore to the old place under the old names: the source lives again, for ``make dev`` to show."""
        self._screen.chapter("And restored where it was, under its own names")
        self._place.source.mkdir()
        self._location.restore({})
        alive = {name: name for name in self._before if name != "sales.returns"}
        return self._compare(warehouse.open_source(self._place), alive)

    def next_steps(self) -> None:
        """What to type next."""
        repository, settings = shown(self._place.repository), shown(self._place.settings)
        self._screen.chapter("What to type next")
        self._screen.commands(
            {
                "make dev": "the Dagster UI on this catalog: assets by database, PITs as partitions, the restore job",
                f".venv/bin/bcn describe --repo {repository}": "what the repository holds",
                f".venv/bin/bcn restore --config {settings} --table sales.orders "
                "--target-table orders_again --dry-run": "what a restore would do",
            }
        )

    def _read_source(self) -> dict[str, Contents]:
        catalog = warehouse.open_source(self._place)
        try:
            return read_all(catalog)
        finally:
            catalog.close()

    def _show(self, pit: str) -> None:
        repository = Repository.open(Stores().at(str(self._place.repository)))
        self._screen.pit(describe_pit(repository, pit, captures=True))

    def _compare(self, catalog: SqlCatalog, targets: Mapping[str, str]) -> bool:
        second = SecondReader()
        before = {name: self._before[name] for name in targets}
        found = compare_all(before, catalog, targets, second)
        catalog.close()
        self._screen.comparisons(found, second.name)
        return all(one.is_same for one in found)
