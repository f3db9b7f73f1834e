"""Fetch the jars of requirements/jars.txt from Maven Central into this environment, and hold them against their hashes.

Uses Ivy, which comes with pyspark and knows by itself where Maven Central is; nothing but Java is needed. Jars that are
there already, with the right hash, are not fetched again.
"""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

LIST = Path(__file__).parents[1] / "requirements" / "jars.txt"
TARGET = Path(sys.prefix) / "jars"


def wanted() -> list[tuple[str, str]]:
    """What to fetch: coordinates and hash."""
    lines = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return [(coordinates, digest) for coordinates, digest in (line.split() for line in lines)]


def place_of(coordinates: str) -> Path:
    """Where a jar belongs."""
    _group, name, version = coordinates.split(":")
    return TARGET / f"{name}-{version}.jar"


def is_right(jar: Path, digest: str) -> bool:
    """Whether a jar is there, with its hash."""
    return jar.is_file() and hashlib.sha256(jar.read_bytes()).hexdigest() == digest


def ivy() -> Path:
    """Ivy's own jar, inside pyspark."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        sys.exit("fetch_jars: pyspark is not installed; it comes with requirements/services.txt")
    return next(Path(found.origin).parent.glob("jars/ivy-*.jar"))


def fetch(coordinates: str, folder: Path) -> Path:
    """Download one jar, without what it depends on: these bring their own."""
    pattern = folder / "[artifact]-[revision].[ext]"
    command = ["java", "-jar", str(ivy()), "-cache", str(folder / "cache"), "-notransitive", "-warn"]
    command += ["-dependency", *coordinates.split(":"), "-confs", "default", "-retrieve", str(pattern)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"fetch_jars: {coordinates} cannot be fetched:\n{answer.stdout}{answer.stderr}")
    return folder / place_of(coordinates).name


def main() -> None:
    """Fetch what is missing; what Spark finds there is exactly what the list names."""
    TARGET.mkdir(exist_ok=True)
    jars = {place_of(coordinates): (coordinates, digest) for coordinates, digest in wanted()}
    for other in set(TARGET.glob("*.jar")) - jars.keys():
        other.unlink()
    for place, (coordinates, digest) in jars.items():
        if is_right(place, digest):
            continue
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=TARGET) as folder:
            fetched = fetch(coordinates, Path(folder))
            if not is_right(fetched, digest):
                sys.exit(f"fetch_jars: {coordinates} came without its hash {digest}; nothing was kept")
            fetched.replace(place)


if __name__ == "__main__":
    main()
