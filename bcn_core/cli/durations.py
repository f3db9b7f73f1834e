"""Spans of time as people type them: ``3d``, ``12h``, ``30m``, ``2w``; or as ``bcn.toml`` may have them, ``P3D``."""

from datetime import timedelta
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from bcn_core.settings import Span as SpanOfSettings


class Span(click.ParamType[timedelta]):
    """A number and its unit."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            found: timedelta = TypeAdapter(SpanOfSettings).validate_python("0h" if value == "0" else value)
        except ValidationError:
            self.fail(f"'{value}' is no span of time, such as 3d, 12h, 30m or 2w", param, ctx)
        return found
