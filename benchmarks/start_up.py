"""How long the engine and its command take to start: the price of every call, so it is watched.

Each figure is the best of five fresh interpreters, in milliseconds: the best is the least disturbed one.
"""

import subprocess
import sys
import time
from pathlib import Path

RUNS = 5
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import bcn_core": [sys.executable, "-c", "import bcn_core"],
    "bcn --help": [str(Path(sys.executable).parent / "bcn"), "--help"],
    "import bcn_dagster.definitions": [sys.executable, "-c", "import bcn_dagster.definitions"],
}


def best_milliseconds(command: list[str]) -> float:
    """The shortest of RUNS runs of a command; CalledProcessError when it fails."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times) * 1000


if __name__ == "__main__":
    for name, command in COMMANDS.items():
        print(f"{name:32} {best_milliseconds(command):7.0f} ms")
