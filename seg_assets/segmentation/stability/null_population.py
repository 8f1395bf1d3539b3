"""Accounts as they would be without any groups: the same columns and correlations, nothing else.

Belongs here: a Gaussian copula of a snapshot, and drawing snapshots from it.
Does not: the correlations behind ranks (latent_correlation.py), the order of levels (level_order.py), what is compared
with such a population (assessment.py).

Source: copulas as in Nelsen 2006, with gaps as variables of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.scaling import gate_of
from seg_assets.segmentation.stability.latent_correlation import (
    UNDEFINED,
    Codes,
    latent_correlations,
    positive_root,
    rank_correlations,
)
from seg_assets.segmentation.stability.level_order import number_blocks, places, without_nan

CALIBRATIONS = 5
CALIBRATION_SEED = 20_260_629

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Column:
    """How one column is drawn. values: those observed, in rising order of the latent variable; places: of each of them
    among the different values; latent, gap: the latent variables of the value and of its being missing (None: it never
    is); missing: the share of missing values where the column applies; gate: the column that says where.
    """

    name: str
    values: pl.Series
    places: Codes
    latent: int
    gap: int | None
    missing: float
    gate: str | None


@dataclass(frozen=True, eq=False)
class GaussianCopula:
    """A snapshot's marginals and latent correlations.

    snapshot: what it was fitted on; columns: those that decide about groups first; root: of the latent correlations.
    """

    snapshot: pl.DataFrame
    catalogue: Catalogue
    columns: tuple[_Column, ...]
    root: Matrix

    @classmethod
    def fit(cls, snapshot: pl.DataFrame, catalogue: Catalogue) -> Self:
        """The copula of the catalogue's features and of any other numbers and booleans in `snapshot`.

        snapshot: account rows: features and `<group>_applicable`; NaN counts as missing. Values, gaps and applicability
        are told apart: where a value is missing may go with other columns, and whether a group applies follows from
        its deciding column as ever. The correlations are corrected by what a draw shows, until it shows the snapshot's.
        """
        columns, codes = _columns(snapshot, catalogue)
        copula = cls(snapshot, catalogue, columns, np.eye(len(codes)))
        if len(codes) < 2:
            return copula
        counts = [np.bincount(code[code >= 0]) for code in codes]
        target = rank_correlations(codes, counts)
        wanted, best, least = target, copula, np.inf
        for _ in range(CALIBRATIONS):
            tried = replace(copula, root=positive_root(latent_correlations(wanted, counts)))
            off = target - rank_correlations(tried._codes(CALIBRATION_SEED), counts)
            if (misfit := float((off**2).sum())) < least:
                best, least = tried, misfit
            wanted = np.clip(wanted + off / 2, -1.0, 1.0)
        return best

    def draw(self, seed: int) -> pl.DataFrame:
        """As many accounts as the snapshot has, with its columns in its order. The same seed gives the same rows.

        Each column has the snapshot's values, each as often; what is not modelled (ids, dates, texts that are no
        features) is the snapshot's own.
        """
        applies: dict[str, Mask] = {}
        drawn: list[pl.Series] = []
        for column, rows in self._rows(seed, applies):
            numbers = pl.Series(rows, dtype=pl.Int64)
            drawn.append(column.values.gather(numbers.set(numbers < 0, None)).alias(column.name))
        flags = [pl.Series(gate, mask) for gate, mask in applies.items() if gate in self.snapshot.columns]
        frame = self.snapshot.with_columns(*drawn, *flags)
        gated = [(name, _gate(name, self.catalogue)) for name in _deciding(self.catalogue).values()]
        return frame.with_columns(pl.when(gate).then(name).alias(name) for name, gate in gated if gate is not None)

    def _codes(self, seed: int) -> list[Codes]:
        """What `draw` draws, as `rank_correlations` takes it."""
        found: list[Codes] = [np.zeros(0, dtype=np.intp)] * len(self.root)
        applies: dict[str, Mask] = {}
        for column, rows in self._rows(seed, applies):
            found[column.latent] = np.where(rows >= 0, column.places[rows], UNDEFINED)
            if column.gap is not None:
                here = applies[column.gate] if column.gate else np.ones(len(rows), dtype=bool)
                found[column.gap] = np.where(here, (rows < 0).astype(np.intp), UNDEFINED)
        return found

    def _rows(self, seed: int, applies: dict[str, Mask]) -> Iterator[tuple[_Column, Codes]]:
        """Each column with, for each account, the position of its value among the column's, -1 for none.

        applies: filled with where each group applies.
        """
        count = self.snapshot.height
        normal = np.random.default_rng(seed).standard_normal((count, len(self.root)))
        latent = np.ascontiguousarray((normal @ self.root).T)
        everyone = np.ones(count, dtype=bool)
        deciding = _deciding(self.catalogue)
        # Columns that are missing together share a gap, and so the accounts that have a value.
        known: dict[tuple[int | None, str | None], Codes] = {}
        for column in self.columns:
            gaps = (column.gap, column.gate)
            if gaps not in known:
                known[gaps] = _known(column, latent, applies[column.gate] if column.gate else everyone)
            rows = _drawn(column, latent[column.latent], known[gaps])
            for gate in (gate for gate, decider in deciding.items() if decider == column.name):
                values = _applicable_values(gate, self.catalogue)
                applies[gate] = (column.values.is_in(values).to_numpy())[rows] & (rows >= 0)
            yield column, rows


def _deciding(catalogue: Catalogue) -> dict[str, str]:
    """The deciding column by the name of the column that says whether the group applies."""
    found = [(f"{group.name}_applicable", group.applicable_when) for group in catalogue.groups]
    return {gate: condition.column for gate, condition in found if condition is not None}


def _applicable_values(gate: str, catalogue: Catalogue) -> list[str]:
    condition = catalogue.group(gate.removesuffix("_applicable")).applicable_when
    return list(condition.values) if condition else []


def _gate(name: str, catalogue: Catalogue) -> str | None:
    return gate_of(catalogue.feature(name), catalogue) if name in catalogue.feature_names else None


def _columns(snapshot: pl.DataFrame, catalogue: Catalogue) -> tuple[tuple[_Column, ...], list[Codes]]:
    """The columns to draw and, a latent variable each, the places of their values and of their gaps."""
    deciding = _deciding(catalogue)
    names = _modelled(snapshot, catalogue, deciding)
    blocks = number_blocks(snapshot, names)
    codes: list[Codes] = []
    columns: list[_Column] = []
    gaps: dict[bytes, int] = {}
    for name in names:
        values = without_nan(snapshot[name])
        # A column that decides about others is drawn for everyone, and gated afterwards.
        gate = None if name in deciding.values() else _gate(name, catalogue)
        applies = snapshot[gate].fill_null(False).to_numpy() if gate else np.ones(snapshot.height, dtype=bool)
        known = values.is_not_null().to_numpy() & applies
        if not known.any():
            continue
        last = [v for g, decider in deciding.items() if decider == name for v in _applicable_values(g, catalogue)]
        observed = values.filter(pl.Series(known))
        standing = places(name, observed, known, blocks, last)
        latent, gap, missing = len(codes), None, applies & ~known
        codes.append(_coded(standing, known))
        if missing.any():
            gap = gaps.setdefault(np.packbits(np.stack([missing, applies])).tobytes(), len(codes))
            if gap == len(codes):
                codes.append(_coded(missing[applies].astype(np.intp), applies))
        order = np.argsort(standing, kind="stable")
        share = float(missing.sum() / applies.sum())
        columns.append(_Column(name, observed[order], standing[order], latent, gap, share, gate))
    return tuple(columns), codes


def _modelled(snapshot: pl.DataFrame, catalogue: Catalogue, deciding: dict[str, str]) -> list[str]:
    """The columns to draw, those that decide about others first."""
    numbers = [name for name, dtype in snapshot.schema.items() if dtype.is_numeric() or dtype == pl.Boolean]
    wanted = [*deciding.values(), *catalogue.feature_names, *numbers]
    left_out = {*deciding, "account_id"}
    return [name for name in dict.fromkeys(wanted) if name in snapshot.columns and name not in left_out]


def _coded(places: Codes, rows: Mask) -> Codes:
    codes = np.full(len(rows), UNDEFINED, dtype=np.intp)
    codes[rows] = places
    return codes


def _known(column: _Column, latent: Matrix, applies: Mask) -> Codes:
    """The accounts that have a value, in rising order: of those that the column applies to the highest lack one."""
    here = np.flatnonzero(applies)
    if column.gap is None:
        return here
    kept = len(here) - round(column.missing * len(here))
    return here if kept == len(here) else np.sort(here[np.argpartition(latent[column.gap][here], kept)[:kept]])


def _drawn(column: _Column, latent: Matrix, known: Codes) -> Codes:
    """Positions among the column's values by the ranks of the latent variable (n,), -1 for accounts not in `known`.

    Ties have no order here, and no two of the latent values tie.
    """
    rows = np.full(len(latent), UNDEFINED, dtype=np.intp)
    middles = (np.arange(len(known)) + 0.5) / max(len(known), 1)
    rows[known[np.argsort(latent[known])]] = (middles * len(column.values)).astype(np.intp)
    return rows
