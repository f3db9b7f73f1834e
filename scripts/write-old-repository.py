"""Write the repository that tests read for ever, in the format version of this BCN: tests/data/format-<version>.tar.gz.

Run it once for each format version, before its first release, and never again: what later versions of BCN must read is
what this one wrote. The source is made in FOLDER, which must not exist, and is removed; its path stays in the captures.

    .venv/bin/python scripts/write-old-repository.py /data/shop
"""

import io
import json
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pyiceberg.types import LongType  # noqa: E402

from bcn_core.repository.document import FORMAT_VERSION  # noqa: E402
from bcn_core.repository.flag_documents import Owner  # noqa: E402
from bcn_core.retention import hold  # noqa: E402
from bcn_core.verify import EVERYTHING, verify_repository  # noqa: E402
from tests.warehouse.runs import Lab  # noqa: E402
from tests.warehouse.source import BY_CITY, Place, append, make, tables_of  # noqa: E402

DATA = ROOT / "tests/data"
SOMEBODY = Owner(name="scripts/write-old-repository.py", host="example")
Rows = dict[str, list[dict[str, object]]]


def main() -> None:
    """Make the source, take three PITs, keep the repository and the rows that each must restore."""
    archive, folder = DATA / f"format-{FORMAT_VERSION}.tar.gz", Path(sys.argv[1])
    if archive.exists() or folder.exists():
        sys.exit(f"{archive} or {folder} is there already: a released format is never written again")
    lab, expected = Lab.of(Place(folder)), dict[str, Rows]()
    catalog = lab.source.pyiceberg()
    for name in ("sales.orders", "sales.items", "ops.audit"):
        append(make(catalog, name, partition_spec=BY_CITY), 0)
    make(catalog, "ops.empty")
    expected[lab.take().pit] = rows(lab)
    append(catalog.load_table("sales.orders"), 10)
    catalog.rename_table("sales.items", "sales.articles")
    catalog.drop_table("ops.audit")
    expected[lab.take().pit] = rows(lab)
    with catalog.load_table("sales.orders").update_schema() as update:
        update.add_column("quantity", LongType())
    catalog.load_table("sales.orders").delete("city = 'Ulm'")
    expected[lab.take().pit] = rows(lab)
    hold(lab.repository, min(expected), SOMEBODY, "kept for ever")
    verify_repository(lab.repository, EVERYTHING, lambda _: None)
    write(lab, archive)
    archive.with_name(f"format-{FORMAT_VERSION}.json").write_text(json.dumps(expected, indent=1) + "\n")
    lab.source.lose()


def rows(lab: Lab) -> Rows:
    """The rows of every table, in the order of their ids."""
    catalog = lab.source.pyiceberg()
    found = {
        ".".join(one): catalog.load_table(one).scan().to_arrow().to_pylist() for one in tables_of(catalog)
    }
    return {name: sorted(held, key=lambda row: row["id"]) for name, held in sorted(found.items())}


def write(lab: Lab, archive: Path) -> None:
    """Every object of the repository as a member of one archive, without the names and times of this machine."""
    DATA.mkdir(exist_ok=True)
    store = lab.repository.store
    with tarfile.open(archive, "w:gz") as tar:
        for found in sorted(store.list(""), key=lambda one: one.key):
            member, data = tarfile.TarInfo(found.key), store.get(found.key)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    main()
