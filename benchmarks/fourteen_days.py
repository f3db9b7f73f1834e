"""Fourteen simulated days: hourly backups, daily prunes, restores, faults. Prints what was lost, and the room taken.

BCN_DAYS and BCN_SEED vary it.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.fault.fortnight import Fortnight


def main() -> int:
    """Simulate; 1 when anything was lost, or is held that no PIT needs."""
    days = int(os.environ.get("BCN_DAYS", "14"))
    with tempfile.TemporaryDirectory() as folder:
        life = Fortnight.of(Path(folder), os.environ.get("BCN_SEED", "1"))
        life.live(days)
        runs = ", ".join(f"{count} {what}" for what, count in sorted(life.tried.items()))
        print(f"{days} simulated days: {runs}")
        print(
            f"room: {life.peak:,} bytes at most, {life.size:,} at the end for "
            f"{len(life.years.repository.pits())} PITs, {life.left_over:,} of them needed by none"
        )
        print(f"lost: {len(life.losses)}")
        for loss in life.losses[:10]:
            print(f"  {loss}")
    return bool(life.losses or life.left_over)


if __name__ == "__main__":
    sys.exit(main())
