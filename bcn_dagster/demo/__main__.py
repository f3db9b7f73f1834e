"""``python -m bcn_dagster.demo``: the whole story; with ``--prepare`` only what ``make dev`` needs."""

import argparse
import sys
import warnings

from bcn_core.errors import BcnError
from bcn_dagster.demo.place import Place


def main() -> int:
    """Run the demo; 0 when everything came back as it was."""
    parser = argparse.ArgumentParser(prog="python -m bcn_dagster.demo", description=__doc__)
    parser.add_argument(
        "--prepare", action="store_true", help="only make the catalog and a first PIT, if absent"
    )
    options = parser.parse_args()
    # Dagster tells of parts that it may still change; BCN pins its minor version instead.
    warnings.simplefilter("ignore")
    from bcn_dagster.demo.story import prepare, tell

    place = Place.of_environment()
    try:
        if options.prepare:
            prepare(place)
            return 0
        same = tell(place)
    except BcnError as error:
        sys.stderr.write(f"demo: {error}\n")
        return error.exit_code
    sys.stdout.write(
        "\nEverything came back as it was.\n" if same else "\nSOMETHING DIFFERS: see the tables above.\n"
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
