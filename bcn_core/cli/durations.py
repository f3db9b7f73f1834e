"""Spans of time as people type them: ``3d``, ``12h``, ``30m``, ``2w``."""

import re
from datetime import timedelta
from typing import Any

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"(\d+)([mhdw])|0")


class Span(click.ParamType[timedelta]):
    """A number and its unit."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _FORM.fullmatch(str(value))
        if found is None:
            self.fail(f"'{value}' is no span of time, such as 3d, 12h, 30m or 2w", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found[2] else timedelta()
