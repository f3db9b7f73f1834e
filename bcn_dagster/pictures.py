"""Small pictures for people who would rather look than read: inline SVG, which Dagster's pages show in Markdown."""

import base64
from collections.abc import Sequence
from html import escape

import dagster as dg

_WIDTH, _ROW, _LEFT, _RIGHT = 720, 22, 240, 110
_MOST = 30
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_INK, _BAR, _SECOND = "#334155", "#4f7cac", "#c9d7e8"


def bars(title: str, values: Sequence[tuple[str, float]], unit: str) -> dg.MarkdownMetadataValue:
    """A bar for each name, the longest first; of many names the largest thirty."""
    shown = sorted(values, key=lambda one: -one[1])[:_MOST]
    most = max((value for _, value in shown), default=0.0) or 1.0
    rows = [_bar(number, one, most, unit) for number, one in enumerate(shown)]
    left = f" (the largest {_MOST} of {len(values):,})" if len(values) > _MOST else ""
    return _picture(f"{title}{left}", "".join(rows), len(shown))


def stacks(
    title: str, values: Sequence[tuple[str, int, int]], parts: tuple[str, str]
) -> dg.MarkdownMetadataValue:
    """Two sizes in bytes for each name, one after the other in one bar, in the order given; the last thirty."""
    shown = values[-_MOST:]
    most = max((first + second for _, first, second in shown), default=0) or 1
    rows = [_stack(number, one, most) for number, one in enumerate(shown)]
    return _picture(f"{title}: {parts[0]} (dark), {parts[1]} (light)", "".join(rows), len(shown))


def size(count: float) -> str:
    """Bytes as people say them."""
    value, index = float(count), 0
    while value >= 1024 and index < len(_UNITS) - 1:
        value, index = value / 1024, index + 1
    return f"{value:.0f} {_UNITS[index]}" if index == 0 else f"{value:.1f} {_UNITS[index]}"


def _bar(number: int, one: tuple[str, float], most: float, unit: str) -> str:
    name, value = one
    width = (_WIDTH - _LEFT - _RIGHT) * value / most
    said = size(value) if unit == "B" else f"{value:,.2f} {unit}"
    return _name(number, name) + _rect(number, 0.0, width, _BAR) + _value(number, width, said)


def _stack(number: int, one: tuple[str, int, int], most: int) -> str:
    name, first, second = one
    room = _WIDTH - _LEFT - _RIGHT
    dark, light = room * first / most, room * second / most
    bar = _rect(number, 0.0, dark, _BAR) + _rect(number, dark, light, _SECOND)
    return _name(number, name) + bar + _value(number, dark + light, size(first + second))


def _name(number: int, text: str) -> str:
    cut = text if len(text) <= 36 else f"{text[:35]}…"
    return f'<text x="{_LEFT - 8}" y="{_y(number) + 14}" text-anchor="end">{escape(cut)}</text>'


def _value(number: int, width: float, text: str) -> str:
    return f'<text x="{_LEFT + width + 6:.1f}" y="{_y(number) + 14}">{escape(text)}</text>'


def _rect(number: int, start: float, width: float, colour: str) -> str:
    box = f'x="{_LEFT + start:.1f}" y="{_y(number) + 3}" width="{max(width, 0.5):.1f}" height="{_ROW - 6}"'
    return f'<rect {box} fill="{colour}"/>'


def _y(number: int) -> int:
    return 30 + number * _ROW


def _picture(title: str, body: str, rows: int) -> dg.MarkdownMetadataValue:
    height = _y(rows) + 8
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="12" fill="{_INK}"><text x="8" y="18" font-weight="bold">{escape(title)}</text>{body}</svg>'
    )
    data = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(
        f"![{title.replace('[', '(').replace(']', ')')}](data:image/svg+xml;base64,{data})"
    )
