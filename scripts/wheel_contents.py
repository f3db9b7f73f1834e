"""Look a wheel through: both packages and their types, the command, its pages, every extra; and nothing else."""

import re
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bcn_core", "bcn_dagster")


def sources_of_packages() -> list[Path]:
    """All that a wheel must bring: modules, the marks of types, what Dagster reads."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*")]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def problems(wheel: Path) -> list[str]:
    """What is not as it should be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        about = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(packed.read(f"{about}/METADATA").decode())
        commands = packed.read(f"{about}/entry_points.txt").decode()
    sources = {str(path.relative_to(ROOT)) for path in sources_of_packages()}
    shared = f"{about.removesuffix('.dist-info')}.data/data/share/man/man1/"
    manuals = {f"{shared}{page.name}" for page in ROOT.glob("man/*")}
    pages = {f"bcn_core/{path.relative_to(ROOT)}" for path in ROOT.glob("docs/**/*.md")}
    extras = set(metadata.get_all("Provides-Extra") or ())
    version = re.search(r'__version__ = "(.+)"', (ROOT / "bcn_core/__init__.py").read_text())
    found = [f"lacks {name}" for name in sorted((sources | manuals | pages) - names)]
    found += [f"holds {name}" for name in sorted(names) if not name.startswith((*PACKAGES, about, shared))]
    found += [f"has no extra {name}" for name in sorted(project["optional-dependencies"].keys() - extras)]
    found += [] if version and metadata["Version"] == version[1] else [f"is version {metadata['Version']}"]
    found += [] if "bcn = bcn_core.cli:main" in commands else ["has no command bcn"]
    found += [] if any(name.endswith("licenses/LICENSE") for name in names) else ["has no licence"]
    return found


if __name__ == "__main__":
    told = problems(Path(sys.argv[1]))
    if told:
        sys.exit("\n".join(f"{Path(sys.argv[1]).name} {one}" for one in told))
