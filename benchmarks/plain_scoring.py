"""The weekly scoring once more, as plain scikit-learn and pandas: the yardstick for "how much faster".

Belongs here: what a competent data scientist writes from the same definitions, with no thought of this project's own
scoring: a ColumnTransformer for the standardised features, NumPy for indices, masks and distances, comprehensions for
texts. Does not: anything of seg_assets/segmentation that computes; only its values (definitions, scales, words) are
read. Neither slowed down nor tuned: whatever vectorises in the ordinary way is vectorised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler

from seg_assets.catalogs import Kind
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.composite import NOT_APPLICABLE, UNKNOWN, Composite
from seg_assets.segmentation.confidence import FAR
from seg_assets.segmentation.definitions import Box, Condition, Test
from seg_assets.segmentation.reference import UNUSUAL_FEATURES
from seg_assets.segmentation.scaling import Scale
from seg_assets.segmentation.wording import NOT_KNOWN

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class PlainScoring:
    """Scores frames of accounts by one segmentation.

    Built once, outside the measured time, as a fitted pipeline would be loaded.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation
        self.segments = segmentation.segments
        asked = {column for definition in segmentation.definitions for column in definition.columns}
        self.indices = [index for index in segmentation.reference.indices if index.name in asked]
        used = dict.fromkeys(c.feature for index in self.indices for c in index.contributions)
        self.scales = [scale for name in used if (scale := segmentation.reference.scale(name)) is not None]
        self.numeric = [scale for scale in segmentation.reference.scales if scale.kind is Kind.NUMERIC]
        self.transformer = _transformer(self.scales)

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        return [name for name in self.segmentation.required_columns if name != "snapshot_date"]

    def score(self, accounts: pd.DataFrame, definition_version: str) -> pd.DataFrame:
        """The columns of segment_scores without the partition's, a row an account, in the order of `accounts`."""
        accounts = accounts.assign(**self._indices(accounts))
        boxes = [(position, box) for position, s in enumerate(self.segments) for box in s.definition.boxes]
        held = [_all(accounts, box) for _, box in boxes]
        box = np.select(held, range(len(boxes)), default=-1)
        segment = np.array([position for position, _ in boxes])[box]
        margin, second = self._nearest_other(accounts, segment)
        ids = np.array([s.segment_id for s in self.segments], dtype=object)
        segment_ids = ids[segment]
        return pd.DataFrame(
            {
                "account_id": accounts["account_id"],
                "segment_id": segment_ids,
                "segment_name": np.array([s.name for s in self.segments], dtype=object)[segment],
                "rule_segment_id": segment_ids,
                "held": False,
                "confidence": self._confidence(margin),
                "second_segment_id": np.where(second >= 0, ids[second], None),
                "reasons": self._reasons(accounts, [b for _, b in boxes], box),
                "unusual": self._unusual(accounts),
                "labels": [[] for _ in range(len(accounts))],
                "action": np.array([s.action for s in self.segments], dtype=object)[segment],
                "definition_version": definition_version,
                "before_first_model": False,
            }
        )

    def _indices(self, accounts: pd.DataFrame) -> dict[str, Floats]:
        if not self.indices:
            return {}
        table = self.transformer.transform(accounts)
        position = {scale.feature: place for place, scale in enumerate(self.scales)}
        gates = {scale.feature: scale.gate for scale in self.scales}
        found = {}
        for index in self.indices:
            features = [c.feature for c in index.contributions]
            weights = np.array([c.weight for c in index.contributions])
            values = table[:, [position[feature] for feature in features]]
            found[index.name] = _points(index, values, weights, accounts, [gates[feature] for feature in features])
        return found

    def _nearest_other(self, accounts: pd.DataFrame, segment: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        """(distance to the nearest other segment, its position; nan and -1 where there is none)."""
        if len(self.segments) == 1:
            return np.full(len(accounts), np.nan), np.full(len(accounts), -1)
        away = np.column_stack(
            [
                np.min([self._distance(accounts, box) for box in s.definition.boxes], axis=0)
                for s in self.segments
            ]
        )
        away[np.arange(len(accounts)), segment] = np.inf
        second = away.argmin(axis=1)
        return away[np.arange(len(accounts)), second], second

    def _distance(self, accounts: pd.DataFrame, box: Box) -> Floats:
        if not box.conditions:
            return np.zeros(len(accounts))
        return np.max([self._missed(accounts, condition) for condition in box.conditions], axis=0)

    def _missed(self, accounts: pd.DataFrame, condition: Condition) -> Floats:
        if condition.test not in (Test.AT_LEAST, Test.BELOW):
            return np.where(_holds(accounts, condition), 0.0, FAR)
        values = accounts[condition.column].to_numpy()
        missed = condition.threshold - values if condition.test is Test.AT_LEAST else values - condition.threshold
        away = np.clip(missed / self.segmentation.confidence.weekly(condition.column), 0.0, FAR)
        return np.nan_to_num(away, nan=FAR if condition.test is Test.AT_LEAST else 0.0)

    def _confidence(self, margin: Floats) -> Floats:
        table = self.segmentation.confidence
        if not table.chances:
            return np.full(len(margin), np.nan)
        chances = np.array(table.chances)[np.searchsorted(table.edges, margin, side="right")]
        return np.where(np.isnan(margin), np.nan, chances)

    def _unusual(self, accounts: pd.DataFrame) -> Flags:
        values = accounts[[scale.feature for scale in self.numeric]].to_numpy()
        low = np.array([scale.usual_low for scale in self.numeric])
        high = np.array([scale.usual_high for scale in self.numeric])
        return ((values < low) | (values > high)).sum(axis=1) >= UNUSUAL_FEATURES

    def _reasons(
        self, accounts: pd.DataFrame, boxes: Sequence[Box], box: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.object_]:
        reasons = np.empty(len(accounts), dtype=object)
        for code, one in enumerate(boxes):
            rows = np.flatnonzero(box == code)
            columns = [c.column for c in one.conditions]
            wordings = [self._wording(condition) for condition in one.conditions]
            reasons[rows] = [
                [wording(value) for wording, value in zip(wordings, values, strict=True)]
                for values in accounts[columns].iloc[rows].itertuples(index=False, name=None)
            ] if columns else [[] for _ in rows]
        return reasons

    def _wording(self, condition: Condition) -> Callable[[object], str]:
        vocabulary = self.segmentation.vocabulary
        term = vocabulary.term(condition.column)
        demand = f" ({vocabulary.demand(condition)})"
        match condition.test:
            case Test.AT_LEAST | Test.BELOW if term.index:
                return lambda value: f"{term.title} {int(value)}{demand}"
            case Test.AT_LEAST | Test.BELOW:
                return lambda value: f"{term.title} {_number(value, term.unit)}{demand}"
            case Test.ONE_OF | Test.NONE_OF:
                said = "" if condition.test is Test.ONE_OF and len(condition.levels) == 1 else demand
                return lambda value: f"{term.title} {NOT_KNOWN if pd.isna(value) else value.replace('_', ' ')}{said}"
            case Test.TRUE | Test.NOT_TRUE:
                return lambda value: f"{term.title} {NOT_KNOWN if pd.isna(value) else 'yes' if value else 'no'}"


def score_plainly(scoring: PlainScoring, source: Path, target: Path, definition_version: str) -> int:
    """Read the accounts in `source`, score them, write `target` with the lakehouse's compression; the rows."""
    accounts = pd.read_parquet(source, columns=scoring.columns)
    scores = scoring.score(accounts, definition_version)
    scores.to_parquet(target, index=False, compression="zstd", compression_level=1)
    return len(scores)
