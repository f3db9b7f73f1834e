"""Run by the Python of an environment that has the core lock and BCN's wheel alone: all of it is imported and tried."""

import importlib
import importlib.util
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import bcn_core

BCN = Path(sys.executable).with_name("bcn")
CONFIG = """\
[repository]
url = "backups"
catalog = "shop"
[catalogs.shop]
type = "sql"
uri = "sqlite:///shop/catalog.db"
warehouse = "file://{0}/shop"
[catalogs.standby]
type = "sql"
uri = "sqlite:///standby/catalog.db"
warehouse = "file://{0}/standby"
"""


def bcn(*arguments: str) -> str:
    """One command, which must succeed; what it answers."""
    done = subprocess.run([BCN, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bcn {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def import_all() -> None:
    """Every module of the engine: its extras are in the core lock."""
    for module in pkgutil.walk_packages(bcn_core.__path__, "bcn_core."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def make_shop() -> None:
    """A small catalog, made by PyIceberg."""
    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog

    Path("shop").mkdir()
    shop = SqlCatalog("shop", uri="sqlite:///shop/catalog.db", warehouse=f"file://{Path.cwd()}/shop")
    shop.create_namespace("sales")
    rows = pa.table({"id": range(1000)})
    shop.create_table("sales.orders", rows.schema).append(rows)


def rows_at_standby() -> int:
    """The rows of what came back."""
    from pyiceberg.catalog.sql import SqlCatalog

    orders = SqlCatalog("standby", uri="sqlite:///standby/catalog.db").load_table("sales.orders")
    return int(orders.scan().to_arrow().num_rows)


def main() -> None:
    """Import, back up, lose, restore, count."""
    if importlib.util.find_spec("dagster") is not None:
        sys.exit("the core lock installs Dagster")
    import_all()
    for command in ("backup", "restore", "describe", "list", "init", "verify", "prune"):
        bcn(command, "--help")
    if "# Configuration" not in bcn("docs", "configuration") or "the-catalog-is-gone" not in bcn("docs"):
        sys.exit("the pages of the documentation are not in the wheel")
    make_shop()
    Path("bcn.toml").write_text(CONFIG.format(Path.cwd()))
    bcn("backup")
    shutil.rmtree("shop")
    Path("standby").mkdir()
    bcn("restore", "--target-catalog", "standby", "--yes")
    bcn("verify", "--read-all")
    if rows_at_standby() != 1000:
        sys.exit("the restored table has other rows")
    print(f"{bcn('--version').strip()} on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
