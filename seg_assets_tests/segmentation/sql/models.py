"""Random segmentations with the accounts that are hardest for them: values exactly on every border there is.

Belongs here: strategies for scales, indices, scorecards and definitions, and rows made from their own borders.
Does not: what is asked of them (the tests), realistic accounts (population.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from hypothesis import strategies as st

from seg_assets.catalogs import Kind
from seg_assets.segmentation import Reference, Segmentation
from seg_assets.segmentation.composite import NEARLY_HALF, Composite, Contribution
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.bins import Bins
from seg_assets.segmentation.intent.index import IntentIndex, Item
from seg_assets.segmentation.scaling import Scale, Transform
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.serialise import stable, stable_all

GATES = ("usage_applicable", "trial_applicable")
NUMBERS = ("visits", "orders", "order", "growth")
LEVELS = ("small", "mid", 'O\'Brien \\ "&" sons', "", "two\nlines")
SCHEMA = (
    {"account_id": pl.String, "snapshot_date": pl.Date}
    | dict.fromkeys(NUMBERS, pl.Float64)
    | {"size": pl.String, "member": pl.Boolean}
    | dict.fromkeys(GATES, pl.Boolean)
)
RANGES: dict[Transform, list[tuple[float, float]]] = {
    "none": [(0.0, 0.8), (-12.5, 40.0)],
    "log1p": [(0.0, 72.0), (1.0, 8568.9), (51_000.0, 1_176_211_830.0), (0.0, 2e-6)],
    "signed_log1p": [(-12.5, 40.0), (-0.0001, 3.0)],
}
SPECIAL = [None, math.nan, math.inf, -math.inf, 0.0, -0.0, 0.5, 1.0, 2.0]

Row = dict[str, object]


@dataclass(frozen=True)
class Case:
    """What SQL says of a segmentation, and accounts for it."""

    reference: Reference
    intent: IntentIndex | None
    definitions: tuple[Definition, ...]
    accounts: pl.DataFrame

    def segmentation(self, template: Segmentation) -> Segmentation:
        """`template` in all that SQL does not say."""
        first = template.segments[0]
        segments = [replace(first, segment_id=f"SEG-{n:02}", definition=d) for n, d in enumerate(self.definitions, 1)]
        return replace(template, reference=self.reference, intent=self.intent, segments=tuple(segments))

    @property
    def expected(self) -> pl.DataFrame:
        """account_id, snapshot_date, the indices, rule_segment_id: what Polars says of the accounts."""
        ids = [f"SEG-{n:02}" for n, _ in enumerate(self.definitions, 1)]
        indices = IndexSet(self.reference, self.intent)
        found = with_segment(self.accounts.lazy().with_columns(indices.expressions()), self.definitions)
        segment = pl.lit(pl.Series(ids)).gather(SEGMENT).alias("rule_segment_id")
        return found.select("account_id", "snapshot_date", *indices.names, segment).collect()


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Scales, indices, a scorecard, definitions, and accounts on their borders."""
    scales = {name: draw(_scale(name)) for name in (*NUMBERS, "size", "member")}
    some = draw(st.lists(_row(_usual(scales)), min_size=4, max_size=10))
    indices = tuple(draw(_index(name, scales, some)) for name in draw(st.sampled_from([("depth",), ("depth", "fit")])))
    intent = draw(st.none() | _scorecard())
    asked = [index.name for index in indices] + ([] if intent is None else ["intent"])
    definitions = draw(st.lists(_definition(asked), min_size=1, max_size=3))
    values = _usual(scales)
    for name in NUMBERS:
        values[name] = [*values[name], *(x for index in indices for x in _on_borders(index, scales[name]))]
    rows = [*some, *draw(st.lists(_row(values), min_size=20, max_size=40))]
    rows += [_only(name, x) for name in NUMBERS for x in draw(st.lists(st.sampled_from(values[name]), max_size=10))]
    reference = Reference(tuple(scales), tuple(scales.values()), indices)
    return Case(reference, intent, tuple(definitions), _frame(rows))


def _nine(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(stable)


def _six(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: round(value, 6) + 0.0)


@st.composite
def _scale(draw: st.DrawFn, name: str) -> Scale:
    kind = {"size": Kind.ORDINAL, "member": Kind.BOOLEAN}.get(name, Kind.NUMERIC)
    transform = draw(st.sampled_from(list(RANGES))) if kind is Kind.NUMERIC else "none"
    low, high = draw(st.sampled_from(RANGES[transform])) if kind is Kind.NUMERIC else (0.0, 1.0)
    return Scale(
        feature=name,
        kind=kind,
        group="any",
        gate=draw(st.sampled_from([None, *GATES])),
        levels=LEVELS if kind is Kind.ORDINAL else (),
        transform=transform,
        unit=draw(_nine(0.1, 10)),
        low=low,
        high=high,
        centre=draw(st.sampled_from([0.0, 0.5]) | _nine(-1, 5)),
        scale=draw(st.sampled_from([1.0, 0.5]) | _nine(0.01, 3)),
        usual_low=low,
        usual_high=high,
    )


@st.composite
def _index(draw: st.DrawFn, name: str, scales: dict[str, Scale], rows: list[Row]) -> Composite:
    """An index whose corners are where accounts are, with halves among its points, as ties make them."""
    features = draw(st.lists(st.sampled_from(sorted(scales)), min_size=1, max_size=4, unique=True))
    cuts = sorted(
        draw(st.lists(st.integers(1, 99), min_size=len(features) - 1, max_size=len(features) - 1, unique=True))
    )
    shares = np.diff([0, *cuts, 100])
    contributions = tuple(
        Contribution(f, draw(st.sampled_from([-1, 1])) * float(s) / 100) for f, s in zip(features, shares, strict=True)
    )
    corners = sorted(
        {
            *stable_all(_raw_values(contributions, scales, _frame(rows))),
            *draw(st.lists(_six(-3, 3), min_size=2, max_size=8, unique=True)),
        }
    )
    halves = draw(st.lists(st.integers(1, 39), min_size=len(corners) - 2, max_size=len(corners) - 2, unique=True))
    points = [0.0, *(2.5 * half for half in sorted(halves)), 100.0]
    return Composite(name, name, "low", "", "high", contributions, tuple(corners), tuple(points))


def _raw_values(contributions: tuple[Contribution, ...], scales: dict[str, Scale], frame: pl.DataFrame) -> list[float]:
    found = frame.select(scales[c.feature].deviation() for c in contributions)
    raw = []
    for deviations in found.iter_rows():
        known = [(c.hundredths, d) for c, d in zip(contributions, deviations, strict=True) if d is not None]
        if known:
            mean = sum(w * d for w, d in known) / sum(abs(w) for w, _ in known)
            raw.append(math.floor(mean + NEARLY_HALF) / 1e6)
    return raw


def _on_borders(index: Composite, scale: Scale) -> list[float]:
    """Values of a feature that, known alone, put an account on a corner or between two points, and their neighbours."""
    weight = {c.feature: c.weight for c in index.contributions}.get(scale.feature)
    if weight is None:
        return []
    halves = np.interp(np.arange(100) + 0.5, index.points, index.raw)[::7]
    found = []
    for raw in (*index.raw, *halves):
        turned = scale.centre + scale.scale * raw * math.copysign(1, weight)
        if scale.transform != "none":
            size = math.expm1(min(abs(turned), 500.0))
            turned = math.copysign(size * (scale.unit if scale.transform == "signed_log1p" else 1), turned)
        found += [math.nextafter(turned, -math.inf), turned, math.nextafter(turned, math.inf)]
    return found


@st.composite
def _scorecard(draw: st.DrawFn) -> IntentIndex:
    all_bins = [
        Bins("visits", Kind.NUMERIC, draw(st.sampled_from([None, *GATES])), thresholds=(0.5, 2.0, 72.0)),
        Bins("growth", Kind.NUMERIC, None, thresholds=(-0.1,)),
        Bins("size", Kind.ORDINAL, None, levels=LEVELS[1:4]),
        Bins("member", Kind.BOOLEAN, draw(st.sampled_from([None, *GATES])), thresholds=(0.5,)),
        Bins(GATES[0], Kind.BOOLEAN, None, thresholds=(0.5,)),
    ]
    items = []
    for bins in draw(st.lists(st.sampled_from(all_bins), unique=True)):
        tenths = draw(st.lists(st.integers(-300, 300), min_size=bins.size, max_size=bins.size))
        items.append(Item(bins, tuple(tenths), (0.0,) * bins.size))
    return IntentIndex(0.03, draw(st.integers(300, 700)), tuple(items), 1.0, 0.0, ())


@st.composite
def _definition(draw: st.DrawFn, indices: list[str]) -> Definition:
    number = st.builds(
        Condition,
        st.sampled_from([*indices, *NUMBERS]),
        st.sampled_from([Test.AT_LEAST, Test.BELOW]),
        st.sampled_from([0.0, 0.5, 1.0, 2.0, 40.0, 50.0, 0.1 + 0.2]),
    )
    level = st.builds(
        Condition,
        st.just("size"),
        st.sampled_from([Test.ONE_OF, Test.NONE_OF]),
        st.just(0.0),
        st.lists(st.sampled_from(LEVELS), min_size=1, unique=True).map(tuple),
    )
    flag = st.builds(Condition, st.just("member"), st.sampled_from([Test.TRUE, Test.NOT_TRUE]))
    conditions = st.lists(number | number | level | flag, max_size=4).map(tuple)
    return Definition(tuple(Box(c) for c in draw(st.lists(conditions, min_size=1, max_size=2))))


def _usual(scales: dict[str, Scale]) -> dict[str, list[object]]:
    edges = [0.1 + 0.2, 0.3, math.nextafter(0.5, 0), math.nextafter(2, 0), 1e300, -1e300, 7.0, 33.0]
    values: dict[str, list[object]] = {
        name: [*SPECIAL, *edges, scales[name].low, scales[name].high] for name in NUMBERS
    }
    return values | {"size": [None, *LEVELS, "never seen"], "member": [None, True, False]}


def _row(values: dict[str, list[object]]) -> st.SearchStrategy[Row]:
    flags = {gate: st.sampled_from([None, True, True, False]) for gate in GATES}
    return st.fixed_dictionaries({name: st.sampled_from(known) for name, known in values.items()} | flags)


def _only(name: str, value: object) -> Row:
    return {name: value} | dict.fromkeys(GATES, True)


def _frame(rows: list[Row]) -> pl.DataFrame:
    keys = [{"account_id": f"A{n:03}", "snapshot_date": date(2026, 6, 29)} for n in range(len(rows))]
    return pl.DataFrame([key | row for key, row in zip(keys, rows, strict=True)], schema=SCHEMA)
