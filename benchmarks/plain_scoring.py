"""The weekly scoring once more, as plain scikit-learn and pandas: the yardstick for "how much faster".

Belongs here: what a competent data scientist writes for the same definitions: a ColumnTransformer, NumPy for masks
and distances, comprehensions for texts. It reads a segmentation's values (definitions, scales, words) and computes
everything itself. Neither slowed down nor tuned: whatever vectorises in the ordinary way is vectorised.
Does not: the hold at borders, which the measured scoring leaves off too; measuring (measuring.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from benchmarks.plain_indices import Floats, PlainIndices
from benchmarks.plain_intent import PlainIntent
from seg_assets.catalogs import Kind
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import FAR
from seg_assets.segmentation.definitions import Box, Condition, Test
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.labels import NO_LABELS
from seg_assets.segmentation.reference import UNUSUAL_FEATURES
from seg_assets.segmentation.wording import NOT_KNOWN

Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
DAY = pd.ArrowDtype(pa.date32())
LIST_OF_TEXTS = pd.ArrowDtype(pa.list_(pa.string()))


class PlainScoring:
    """Scores files of accounts by one segmentation. Built outside the measured time, as a fitted pipeline is loaded."""

    def __init__(self, segmentation: Segmentation, definition_version: str) -> None:
        self.segmentation = segmentation
        self.definition_version = definition_version
        self.segments = segmentation.segments
        self.boxes = [(place, box) for place, s in enumerate(self.segments) for box in s.definition.boxes]
        asked = {column for definition in segmentation.definitions for column in definition.columns}
        self.indices = PlainIndices(segmentation.reference, asked)
        intent = segmentation.intent if INTENT in asked else None
        self.intent = None if intent is None else PlainIntent(intent)
        self.usual = [scale for scale in segmentation.reference.scales if scale.kind is Kind.NUMERIC]
        self.columns = [name for name in segmentation.required_columns if name != "snapshot_date"]

    def score_file(self, source: Path, target: Path) -> int:
        """Score the accounts in `source`, a week's file, into `target`, compressed as the lakehouse does; the rows."""
        scores = self.score(pd.read_parquet(source, columns=self.columns))
        scores.to_parquet(target, index=False, compression="zstd", compression_level=1)
        return len(scores)

    def score(self, accounts: pd.DataFrame) -> pd.DataFrame:
        """A row an account, in the order of `accounts`: the columns of segment_scores but for the partition's."""
        accounts = accounts.assign(**self._indices(accounts))
        box = np.select([_inside(accounts, box) for _, box in self.boxes], range(len(self.boxes)), default=-1)
        segment = np.array([place for place, _ in self.boxes])[box]
        margin, second = self._nearest_other(accounts, segment)
        ids = np.array([s.segment_id for s in self.segments], dtype=object)
        verdicts = [NO_LABELS.verdict((), has_play=s.action is not None) for s in self.segments]
        return pd.DataFrame(
            {
                "account_id": accounts["account_id"],
                "segment_id": ids[segment],
                "segment_name": np.array([s.name for s in self.segments], dtype=object)[segment],
                "rule_segment_id": ids[segment],
                "held": False,
                "confidence": self._confidence(margin),
                "second_segment_id": pd.Series(ids[second], dtype="str").where(margin < FAR),
                "reasons": self._reasons(accounts, box),
                "unusual": self._unusual(accounts),
                "labels": pd.Series([[]] * len(accounts), dtype=LIST_OF_TEXTS),
                "action": np.array([s.action for s in self.segments], dtype=object)[segment],
                "action_from": np.array([one.action_from for one in verdicts], dtype=object)[segment],
                "action_reason": np.array([one.action_reason for one in verdicts], dtype=object)[segment],
                "definition_version": self.definition_version,
                "before_first_model": False,
                **{
                    name: pd.Series([None] * len(accounts), dtype="str")
                    for name in ("override_owner", "override_reason")
                },
                "override_until": pd.Series([None] * len(accounts), dtype=DAY),
            }
        )

    def _indices(self, accounts: pd.DataFrame) -> dict[str, Floats]:
        """(n,) an index that a definition asks for."""
        intent = {} if self.intent is None else {INTENT: self.intent.of(accounts)}
        return self.indices.of(accounts) | intent

    def _nearest_other(self, accounts: pd.DataFrame, segment: Positions) -> tuple[Floats, Positions]:
        """(n,), (n,): the distance to the nearest other segment, infinite where there is none, and its position."""
        noise = {one.column: one.weekly for one in self.segmentation.confidence.noise}
        away = np.column_stack(
            [np.min([_distance(accounts, box, noise) for box in s.definition.boxes], axis=0) for s in self.segments]
        )
        rows = np.arange(len(accounts))
        away[rows, segment] = np.inf
        second = away.argmin(axis=1)
        return away[rows, second], second

    def _confidence(self, margin: Floats) -> Floats:
        table = self.segmentation.confidence
        if not table.chances:
            return np.full(len(margin), np.nan)
        chances = np.array(table.chances)[np.searchsorted(table.edges, margin, side="right")]
        return np.where(np.isinf(margin), np.nan, chances)

    def _unusual(self, accounts: pd.DataFrame) -> Flags:
        values = accounts[[scale.feature for scale in self.usual]].to_numpy()
        low = np.array([scale.usual_low for scale in self.usual])
        high = np.array([scale.usual_high for scale in self.usual])
        unusual: Flags = ((values < low) | (values > high)).sum(axis=1) >= UNUSUAL_FEATURES
        return unusual

    def _reasons(self, accounts: pd.DataFrame, box: Positions) -> npt.NDArray[np.object_]:
        """(n,): each a list of texts, box by box, since the accounts of a box are told the same conditions."""
        reasons = np.empty(len(accounts), dtype=object)
        for code, (_, one) in enumerate(self.boxes):
            rows = np.flatnonzero(box == code)
            wordings = [self._wording(condition) for condition in one.conditions]
            met = accounts[[condition.column for condition in one.conditions]].iloc[rows]
            texts = [
                [wording(value) for wording, value in zip(wordings, values, strict=True)]
                for values in met.itertuples(index=False, name=None)
            ]
            reasons[rows] = pd.Series(texts, dtype=object) if wordings else pd.Series([[]] * len(rows), dtype=object)
        return reasons

    def _wording(self, condition: Condition) -> Callable[[Any], str]:
        """A function from a value to "usage depth 71 (at least 60)"."""
        vocabulary = self.segmentation.vocabulary
        term = vocabulary.term(condition.column)
        demand = f" ({vocabulary.demand(condition)})"
        match condition.test:
            case Test.AT_LEAST | Test.BELOW if term.index:
                return lambda value: f"{term.title} {int(value)}{demand}"
            case Test.AT_LEAST | Test.BELOW:
                return lambda value: f"{term.title} {_number_text(value, term.unit)}{demand}"
            case Test.ONE_OF | Test.NONE_OF:
                said = "" if condition.test is Test.ONE_OF and len(condition.levels) == 1 else demand
                return lambda value: f"{term.title} {NOT_KNOWN if pd.isna(value) else value.replace('_', ' ')}{said}"
            case _:
                return lambda value: f"{term.title} {NOT_KNOWN if pd.isna(value) else 'yes' if value else 'no'}"


def _holds(accounts: pd.DataFrame, condition: Condition) -> Flags:
    """(n,): whether the condition holds; a missing value is below, none of and not true."""
    column = accounts[condition.column]
    match condition.test:
        case Test.AT_LEAST:
            held = column >= condition.threshold
        case Test.BELOW:
            held = column.isna() | (column < condition.threshold)
        case Test.ONE_OF:
            held = column.isin(condition.levels)
        case Test.NONE_OF:
            held = ~column.isin(condition.levels)
        case Test.TRUE:
            held = column.eq(True)
        case Test.NOT_TRUE:
            held = ~column.eq(True)
    flags: Flags = held.to_numpy(dtype=bool)
    return flags


def _inside(accounts: pd.DataFrame, box: Box) -> Flags:
    if not box.conditions:
        return np.ones(len(accounts), dtype=bool)
    inside: Flags = np.all([_holds(accounts, condition) for condition in box.conditions], axis=0)
    return inside


def _distance(accounts: pd.DataFrame, box: Box, noise: dict[str, float]) -> Floats:
    """(n,): in weeks' noise, of the condition that is missed by most."""
    if not box.conditions:
        return np.zeros(len(accounts))
    most: Floats = np.max([_missed(accounts, condition, noise) for condition in box.conditions], axis=0)
    return most


def _missed(accounts: pd.DataFrame, condition: Condition, noise: dict[str, float]) -> Floats:
    if condition.test not in (Test.AT_LEAST, Test.BELOW):
        return np.where(_holds(accounts, condition), 0.0, FAR)
    values = accounts[condition.column].to_numpy()
    short = condition.threshold - values if condition.test is Test.AT_LEAST else values - condition.threshold
    away = np.clip(short / noise[condition.column], 0.0, FAR)
    return np.where(np.isnan(away), FAR if condition.test is Test.AT_LEAST else 0.0, away)


def _number_text(value: float, unit: str) -> str:
    if math.isnan(value):
        return NOT_KNOWN
    text = str(float(f"{value * 100 if unit == 'share' else value:.6g}")).removesuffix(".0")
    return f"{text} %" if unit == "share" else text
