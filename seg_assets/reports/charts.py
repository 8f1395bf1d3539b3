"""Charts as inline SVG that follows the page: its text colour, light and dark, readable without seeing it.

Belongs here: drawing points with intervals, bars and curves; the same bytes for the same values.
Does not: which figures are drawn, the table of the same numbers beside each chart (the pages).

Matplotlib draws with stand-in colours, which become CSS variables of the page. Text stays text, so that it can be
searched and read aloud. No name is taken for a formula: `$` in a segment's name is a dollar.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType


class Role(Enum):
    """What a mark stands for; the value is its stand-in colour."""

    OURS = "#010203"
    INCUMBENT = "#010204"
    OTHER = "#010205"
    CEILING = "#010206"


INK, MUTED, GRID = "#010207", "#010208", "#010209"
VARIABLES = {
    Role.OURS.value: "var(--ours)",
    Role.INCUMBENT.value: "var(--incumbent)",
    Role.OTHER.value: "var(--other)",
    Role.CEILING.value: "var(--ceiling)",
    INK: "currentColor",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
}
"""Stand-in colour to what the page has for it."""

MARKERS = {Role.OURS: "o", Role.INCUMBENT: "s", Role.OTHER: "D", Role.CEILING: "^"}
"""A form for each role beside its colour: colours alone leave out who cannot tell them apart."""

LONGEST_LABEL = 46
WIDTH = 8.2
ROW_HEIGHT = 0.36
SETTINGS: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "seg_assets.reports",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
_REFERENCE = re.compile(r"#([\w.-]+)")
_FONT = re.compile(r"'DejaVu Sans'")


@dataclass(frozen=True)
class Words:
    """What a chart says to those who do not see it. name: unique on the page, of letters, digits and hyphens."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class Point:
    """A row of a chart: a figure with its interval, None where it has none, and the text written beside it."""

    label: str
    value: float
    low: float | None
    high: float | None
    text: str
    role: Role = Role.OTHER


@dataclass(frozen=True)
class Curve:
    """A line through (share of accounts, share of conversions), 0 to 1 both, from the best accounts down."""

    label: str
    places: Sequence[tuple[float, float]]
    role: Role


def points(words: Words, rows: Sequence[Point], axis: str, reference: float | None = None, *, percent: bool) -> str:
    """Figures with intervals, a row each from the top. reference: where a dashed line says `no better than chance`.

    percent: whether values are shares. Raises ValueError without rows.
    """
    if not rows:
        raise ValueError(f"chart {words.name} has no rows: leave it out of the page")
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, 0.9 + ROW_HEIGHT * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        scale = 100.0 if percent else 1.0
        for place, row in enumerate(rows):
            _draw(axes, place, row, scale)
        axes.set_yticks(range(len(rows)), [_short(row.label) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        if reference is not None:
            axes.axvline(scale * reference, color=MUTED, linestyle=(0, (4, 3)), linewidth=1)
        axes.set_xlabel(axis)
        axes.margins(x=0.08)
        beside = axes.secondary_yaxis("right")
        beside.set_yticks(range(len(rows)), [row.text for row in rows])
        beside.tick_params(length=0)
        beside.spines["right"].set_visible(False)
        _quiet(axes, "x")
        return _svg(figure, words)


def bars(words: Words, rows: Sequence[Point], axis: str) -> str:
    """Amounts as bars from zero, a row each from the top. Raises ValueError without rows."""
    if not rows:
        raise ValueError(f"chart {words.name} has no rows: leave it out of the page")
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, 0.9 + ROW_HEIGHT * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        colours = [row.role.value for row in rows]
        drawn = axes.barh(range(len(rows)), [row.value for row in rows], height=0.62, color=colours)
        axes.bar_label(drawn, [row.text for row in rows], padding=4)
        axes.set_yticks(range(len(rows)), [_short(row.label) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 1.3 * max(max(row.value for row in rows), 1e-12))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel(axis)
        _quiet(axes, "x")
        return _svg(figure, words)


def curves(words: Words, lines: Sequence[Curve], across: str, up: str) -> str:
    """Lines from the best accounts down, with the diagonal of chance. Raises ValueError without lines."""
    if not lines:
        raise ValueError(f"chart {words.name} has no lines: leave it out of the page")
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, 4.0), layout="constrained")
        axes = figure.add_subplot()
        furthest = max(place[0] for line in lines for place in line.places)
        axes.plot([0, 100 * furthest], [0, 100 * furthest], color=MUTED, linestyle=(0, (4, 3)), linewidth=1)
        for line in lines:
            across_percent, up_percent = ([100 * place[i] for place in line.places] for i in (0, 1))
            axes.plot(across_percent, up_percent, color=line.role.value, marker=MARKERS[line.role], linewidth=1.8)
        ends = [(_short(line.label), 100 * line.places[-1][1]) for line in lines] + [("by lot", 100 * furthest)]
        for (label, _), height in zip(ends, _spread([end for _, end in ends]), strict=True):
            axes.annotate(label, (100 * furthest, height), (8, -3), textcoords="offset points", annotation_clip=False)
        axes.set_xlim(0, 100 * furthest * 1.45)
        axes.set_ylim(bottom=0)
        axes.set_xticks([100 * place[0] for place in lines[0].places])
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        _quiet(axes, "y")
        return _svg(figure, words)


def _draw(axes: Any, place: int, row: Point, scale: float) -> None:
    colour = row.role.value
    if row.low is not None and row.high is not None:
        axes.plot([scale * row.low, scale * row.high], [place, place], color=colour, linewidth=2.4)
    axes.plot([scale * row.value], [place], marker=MARKERS[row.role], markersize=7, color=colour, linestyle="none")


def _quiet(axes: Any, grid: str) -> None:
    axes.grid(visible=True, axis=grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _spread(heights: Sequence[float], apart: float = 3.2) -> list[float]:
    """The same heights, moved up where labels would lie on each other."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    moved, floor = list(heights), float("-inf")
    for place in order:
        moved[place] = max(heights[place], floor + apart)
        floor = moved[place]
    return moved


def _short(label: str) -> str:
    """A label that fits beside a chart, without what XML cannot hold; the table below has it whole."""
    clean = "".join(letter for letter in " ".join(label.split()) if letter.isprintable())
    return clean if len(clean) <= LONGEST_LABEL else clean[: LONGEST_LABEL - 1].rstrip() + "\u2026"


def _svg(figure: Figure, words: Words) -> str:
    """The figure as an element of an HTML page: no namespaces, ids of its own, the page's colours, a title."""
    text = io.StringIO()
    with warnings.catch_warnings():
        # The reader's browser draws the text, with its own fonts.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(text, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(text.getvalue())
    for parent in list(root.iter()):
        parent.tag = _local(parent.tag)
        for child in list(parent):
            # Its style would hold for the whole page.
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
        for name, value in list(parent.attrib.items()):
            del parent.attrib[name]
            parent.attrib[_local(name)] = _of_the_page(_local(name), value, words.name)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    title, description = (ElementTree.Element(tag, {"id": f"{words.name}-{tag}"}) for tag in ("title", "desc"))
    title.text, description.text = words.title, words.description
    root[:0] = [title, description]
    root.attrib |= {
        "class": "chart",
        "role": "img",
        "aria-label": words.title,
        "aria-describedby": f"{words.name}-desc",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _of_the_page(name: str, value: str, chart: str) -> str:
    if name == "id":
        return f"{chart}-{value}"
    for stand_in, variable in VARIABLES.items():
        value = value.replace(stand_in, variable)
    if name == "href" or "url(#" in value:
        value = _REFERENCE.sub(rf"#{chart}-\1", value)
    return _FONT.sub("inherit", value) if name == "style" else value
