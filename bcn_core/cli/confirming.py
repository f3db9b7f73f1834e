"""The question before something is written."""

import sys

import click

from bcn_core.cli.manner import Manner
from bcn_core.errors import InvalidRequest


def confirm(manner: Manner, question: str, *, yes: bool) -> None:
    """Get a yes, or stop with nothing written.

    Raises:
        InvalidRequest: nobody is there to ask.
    """
    if yes:
        return
    if manner.as_json or not sys.stdin.isatty():
        raise InvalidRequest(
            "nothing was written: nobody is there to confirm the plan",
            hint="look at the plan, then add --yes",
        )
    click.confirm(question, abort=True, err=True)
