"""One index: a readable composite of features, a whole number from 0 to 100.

Belongs here: the weights of an index, its scale of points, and the expression that computes it.
Does not: which indices there are (reference.py), the features' own scales (scaling.py), SQL (sql/composites.py).

Exact in every engine (what is left to a logarithm: scaling.py): deviations, their weighted mean and points are whole
numbers, and between them are single subtractions, products and sums with constants of nine digits, which IEEE 754
rounds in one way only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue, Index, Kind
from seg_assets.segmentation.scaling import MILLIONTHS, Scale
from seg_assets.segmentation.serialise import stable, stable_all

Floats = npt.NDArray[np.float64]

UNKNOWN = 50.0
NOT_APPLICABLE = 0.0
QUANTILES = 21
TAILS = (0.005, 0.995)
SHARED_BY_MANY = 1 / 3
# Added before a mean is rounded down. A quotient of whole numbers by at most 100 is never within 0.00001 of 0.497, so
# neither its last bit nor a tie decides what it is rounded to.
NEARLY_HALF = 0.503


@dataclass(frozen=True)
class Contribution:
    """How much one standard deviation of `feature` moves the raw index; the sizes of an index's sum to 1.

    weight: signed, two decimals. Raises ValueError for more: whole hundredths are what makes sums exact.
    """

    feature: str
    weight: float

    def __post_init__(self) -> None:
        if self.weight != self.hundredths / 100 or self.hundredths == 0:
            raise ValueError(f"the weight of {self.feature!r} is {self.weight}; it must be whole hundredths, not zero")

    @property
    def hundredths(self) -> int:
        """The weight times a hundred."""
        return round(100 * self.weight)


@dataclass(frozen=True)
class Step:
    """From a mean of `start` on, up to the next step's, an index has `points`, and `slope` more for each millionth."""

    start: float
    points: float
    slope: float


@dataclass(frozen=True)
class Composite:
    """An index as its weights and its scale of points, frozen by the first refresh.

    raw, points: the corners of a monotone piecewise-linear map from the weighted mean of standardised features, at six
    decimals, to 0..100. 50 is the reference's median and each five points hold a twentieth of it, as far as ties
    allow. Where a third of the accounts or more share the least raw value (no contract, no activity) that value is 0
    and the points are those of the others: a little of what most lack altogether is not much.
    """

    name: str
    title: str
    low: str
    middle: str
    high: str
    contributions: tuple[Contribution, ...]
    raw: tuple[float, ...]
    points: tuple[float, ...]

    def expression(self, scales: Mapping[str, Scale]) -> pl.Expr:
        """The index as Float64 whole numbers, named after itself.

        A missing feature leaves its weight to the others; 50 where all are missing; 0 where no feature's group
        applies ("no usage" is the least usage). Rounded to whole points so that what people read is exactly what
        conditions compare.
        """
        parts = [(scales[c.feature], c.hundredths) for c in self.contributions]
        mean, known, applies = _composite(parts)
        points = pl.lit(pl.Series(_boundaries(self.steps))).search_sorted(mean, side="right").cast(pl.Float64)
        value = pl.when(known > 0).then(points).otherwise(UNKNOWN)
        if applies is not None:
            value = pl.when(applies).then(value).otherwise(NOT_APPLICABLE)
        return value.alias(self.name)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The map from means to points before rounding: 0 below the first, 100 from the last on, which is flat."""
        corners = [(stable(raw * MILLIONTHS), points) for raw, points in zip(self.raw, self.points, strict=True)]
        rising = [Step(r, p, stable((q - p) / (s - r))) for (r, p), (s, q) in pairwise(corners)]
        return (*rising, Step(*corners[-1], 0.0))


@lru_cache(maxsize=256)
def _boundaries(steps: tuple[Step, ...]) -> tuple[float, ...]:
    """The least means that have 1, 2, ... 100 points, found by halving: looked up faster than computed."""
    wanted = np.arange(1, 101)
    below = np.full(100, np.floor(steps[0].start) - 1)
    reached = np.full(100, np.ceil(steps[-1].start))
    while (reached - below > 1).any():
        middle = np.floor((below + reached) / 2)
        enough = points_of(middle, steps) >= wanted
        below, reached = np.where(enough, below, middle), np.where(enough, middle, reached)
    return tuple(reached.tolist())


def points_of(means: Floats, steps: Sequence[Step]) -> Floats:
    """Whole points of means (n,), halves rounded up: what SQL computes, operation by operation."""
    starts = np.array([step.start for step in steps])
    place = np.searchsorted(starts, means, side="right") - 1
    from_half = np.array([step.points + 0.5 for step in steps])
    slopes = np.array([step.slope for step in steps])
    return np.where(place < 0, 0.0, np.floor(from_half[place] + (means - starts[place]) * slopes[place]))


def _composite(parts: Sequence[tuple[Scale, int]]) -> tuple[pl.Expr, pl.Expr, pl.Expr | None]:
    """(weighted mean over observed features, weight observed, whether any feature's group applies or None: always).

    parts: scales and weights in hundredths, in which the weight observed is too; the mean is in whole millionths of a
    standard deviation.
    """
    gates = {scale.gate for scale, _ in parts}
    gate_each = len(gates) > 1
    values, weights = [], []
    for scale, weight in parts:
        deviation = scale.deviation()
        if gate_each and scale.gate is not None:
            deviation = pl.when(scale.applies()).then(deviation)
        values.append(deviation * float(weight))
        seen = scale.number().is_not_null()
        if gate_each and scale.gate is not None:
            seen = seen & scale.applies()
        weights.append(pl.when(seen).then(abs(float(weight))).otherwise(0.0))
    known = pl.sum_horizontal(weights)
    applies = None
    if None not in gates:
        by_gate = {scale.gate: scale.applies() for scale, _ in parts}
        applies = reduce(lambda left, right: left | right, by_gate.values())
    return (pl.sum_horizontal(values) / known + NEARLY_HALF).floor(), known, applies


def fit_composite(snapshot: pl.LazyFrame, index: Index, catalogue: Catalogue, scales: Mapping[str, Scale]) -> Composite:
    """The index on `snapshot`: weights from the first principal component, points from the quantiles.

    Weights: loadings of the component of the features turned in their declared direction; a loading against the
    direction is dropped; sizes sum to 1, at two decimals. Raises ValueError where no feature is left.
    """
    usable = [name for name in index.features if name in scales and catalogue.feature(name).direction != 0]
    if not usable:
        raise ValueError(
            f"index {index.name!r} has no usable feature: each is constant, empty, categorical or has direction 0; "
            "change its features in the catalogue"
        )
    contributions = _weights(snapshot, usable, catalogue, scales)
    mean, known, applies = _composite([(scales[c.feature], c.hundredths) for c in contributions])
    seen = known > 0 if applies is None else (known > 0) & applies
    means = snapshot.filter(seen).select(mean.alias("mean")).collect()["mean"].to_numpy()
    corners, points = _scale_of_points(means / MILLIONTHS)
    return Composite(
        name=index.name,
        title=index.title,
        low=index.words.low,
        middle=index.words.middle,
        high=index.words.high,
        contributions=contributions,
        raw=corners,
        points=points,
    )


def _weights(
    snapshot: pl.LazyFrame, names: Sequence[str], catalogue: Catalogue, scales: Mapping[str, Scale]
) -> tuple[Contribution, ...]:
    turned = snapshot.select(
        pl.when(scales[name].applies()).then(scales[name].standardised()).fill_null(0.0).alias(name)
        * catalogue.feature(name).direction
        for name in names
    )
    loadings = np.linalg.eigh(_covariance(turned, names))[1][:, -1]
    loadings = np.maximum(loadings * (1.0 if loadings.sum() >= 0 else -1.0), 0.0)
    hundredths = np.round(100 * loadings / loadings.sum()).astype(int)
    hundredths[int(np.argmax(hundredths))] += 100 - hundredths.sum()
    return tuple(
        Contribution(name, catalogue.feature(name).direction * float(share) / 100)
        for name, share in zip(names, hundredths, strict=True)
        if share > 0
    )


def _covariance(accounts: pl.LazyFrame, names: Sequence[str]) -> Floats:
    """(columns, columns), over n, from sums of one pass: of standardised numbers they lose no digit that counts."""
    pairs = [(row, column) for row in range(len(names)) for column in range(row, len(names))]
    means = [pl.col(name).mean().alias(f"mean {name}") for name in names]
    products = [(pl.col(names[row]) * pl.col(names[column])).mean().alias(f"{row} {column}") for row, column in pairs]
    found = np.array(accounts.select(*means, *products).collect(engine="streaming").row(0))
    covariance: Floats = np.zeros((len(names), len(names)))
    for (row, column), product in zip(pairs, found[len(names) :], strict=True):
        covariance[row, column] = covariance[column, row] = product - found[row] * found[column]
    return covariance


def _scale_of_points(values: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    least = float(values.min())
    least_shared = np.isclose(values, least, rtol=0.0, atol=1e-6)
    shares = np.linspace(0, 1, QUANTILES)
    levels = np.concatenate([[TAILS[0]], shares[1:-1], [TAILS[1]]])
    if least_shared.mean() >= SHARED_BY_MANY and not least_shared.all():
        corners = np.quantile(values[~least_shared], levels)
        corners[0] = least
    else:
        corners = np.quantile(values, levels)
    corners = np.array(stable_all(corners))
    raw = np.unique(corners)
    if len(raw) == 1:
        return (float(raw[0]), float(raw[0]) + 1.0), (0.0, 100.0)
    points = np.array([100 * shares[corners == corner].mean() for corner in raw])
    points[0], points[-1] = 0.0, 100.0
    return stable_all(raw), stable_all(points)


def derived_indices(catalogue: Catalogue) -> tuple[Index, ...]:
    """The catalogue's indices; where it declares none, one for each group with two ordered features or more.

    An index takes the group's name and title, with `_index` where a feature has that name.
    """
    if catalogue.indices:
        return catalogue.indices
    derived = []
    for group in catalogue.groups:
        ordered = [f for f in catalogue.of_group(group.name) if f.kind in (Kind.NUMERIC, Kind.ORDINAL) and f.direction]
        if len(ordered) < 2:
            continue
        name = f"{group.name}_index" if group.name in catalogue.feature_names else group.name
        title = group.title[:1].lower() + group.title[1:]
        words = {"low": f"low {title}", "high": f"high {title}"}
        derived.append(
            Index.model_validate({"name": name, "title": title, "words": words, "features": [f.name for f in ordered]})
        )
    return tuple(derived)
