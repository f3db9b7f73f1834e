"""``python -m bcn_core.cli``: the command where nothing is installed."""

from bcn_core.cli import main

main()
