"""The ``bcn`` command. ``bcn --help`` loads click and nothing of the engine."""

import sys


def main() -> None:
    """Run the command that the process was started with, and exit with its code."""
    from bcn_core.cli.streams import prepare

    prepare()
    from bcn_core.cli.app import run

    sys.exit(run(sys.argv[1:]))
