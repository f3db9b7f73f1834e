"""How many processors this process may use: those that it may run on, and no more than its container is given."""

import math
import os
from pathlib import Path

_QUOTAS = Path("/sys/fs/cgroup")


def usable_cores(groups: Path = _QUOTAS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Processors to plan for, at least one.

    A container with a quota of two processors still sees all 64 of its host: 64 processes there would wait for each
    other, and take the memory of 64.
    """
    seen = len(os.sched_getaffinity(0))
    return max(1, min([seen, *(math.ceil(quota) for quota in _quotas(groups, own))]))


def _quotas(groups: Path, own: Path) -> list[float]:
    """What cgroups (version 2) grant this process: its own group and all above it; nothing where there are none."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    # In a container its own group is mounted as the root.
    folders = [groups, *(groups / part for part in (path, *map(str, Path(path).parents)) if part != ".")]
    return [quota for folder in folders for quota in _quota(folder / "cpu.max")]


def _quota(file: Path) -> list[float]:
    try:
        granted, period = file.read_text().split()
    except (OSError, ValueError):
        return []
    return [] if granted == "max" else [int(granted) / int(period)]
