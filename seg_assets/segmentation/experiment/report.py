"""What is told of an experiment once its outcomes are known: each arm against the baseline, and what spoils it.

Belongs here: all figures of one experiment as rows, each with a sentence. Does not: estimating (effect.py, qini.py),
whether outcomes have matured (steps/experiment_data.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from seg_assets.campaign_schemas import EXPERIMENT_EFFECTS
from seg_assets.segmentation.experiment.assignment import HOLDOUT, Design, ratio_mismatches
from seg_assets.segmentation.experiment.contamination import Contamination
from seg_assets.segmentation.experiment.effect import FEWEST_FAMILIES, Effect, effect, effects_by_segment, one_hot
from seg_assets.segmentation.experiment.power import accounts_needed, family_design_effect
from seg_assets.segmentation.experiment.qini import qini
from seg_assets.segmentation.lift import Vector

CONVERTED, EXPECTED, KNOWN = "converted", "expected_rate", "known_"
"""Columns of measured accounts: the outcome, the rate of its segment when arms were dealt, and what begins so: numbers
known then."""

_SCHEMA = pl.Schema(
    {name: dtype for name, dtype in EXPERIMENT_EFFECTS.schema.items() if name not in ("data_month", "experiment")}
)


def experiment_report(accounts: pl.DataFrame, design: Design, spoiled: Sequence[Contamination]) -> pl.DataFrame:
    """A row a figure, with the columns of experiment_effects but month and experiment.

    accounts: one row an account that was assigned, whatever became of it: account_id, family, stratum, arm, holdout,
    converted (Boolean), expected_rate (Float64, null where not known) and `known_...` numbers without nulls.
    The same for any order of rows.
    """
    ordered = accounts.sort("account_id")
    rows: list[dict[str, Any]] = []
    for arm in sorted(set(ordered["arm"].unique()) - {design.baseline}):
        pair = ordered.filter(pl.col("arm").is_in([arm, design.baseline]))
        rows += [*_differences(pair, arm, design)]
        if arm != HOLDOUT and design.baseline != arm:
            rows.append(_qini(pair, arm, design))
    rows += [*_checks(ordered, design, spoiled)]
    blank = dict.fromkeys(_SCHEMA)
    return pl.DataFrame([blank | row for row in rows], schema=_SCHEMA)


def _differences(pair: pl.DataFrame, arm: str, design: Design) -> Iterator[dict[str, Any]]:
    """Over all accounts of the two arms, then in each stratum."""
    treated, converted, families, known = _arrays(pair, arm)
    try:
        whole = effect(converted, treated, families, known, alpha=design.plan.alpha)
    except ValueError as error:
        yield _row("difference", arm, design, None, None, f"{arm}: {error}, so there is no figure yet")
        return
    yield _row("difference", arm, design, None, whole, f"{_told(arm, whole, design)}. {_enough(pair, whole, design)}")
    codes = pair["stratum"].rank("dense").to_numpy().astype(np.intp) - 1
    strata = sorted(pair["stratum"].unique())
    if len(strata) == 1:
        return
    parts = effects_by_segment(converted, treated, families, codes, known, alpha=design.plan.alpha)
    for stratum, part in zip(strata, parts, strict=True):
        if part is None:
            says = f"{stratum}: fewer than {FEWEST_FAMILIES} families in an arm, so there is no figure"
        else:
            says = f"{stratum}: {_told(arm, part, design)}. The intervals of all {len(strata)} strata hold together"
        yield _row("difference", arm, design, stratum, part, says)


def _qini(pair: pl.DataFrame, arm: str, design: Design) -> dict[str, Any]:
    """Whether strata that were expected to convert more also gained more."""
    ranking = pair.group_by("stratum").agg(pl.col(EXPECTED).mean(), pl.col("arm").n_unique().alias("arms"))
    usable = ranking.filter(pl.col(EXPECTED).is_not_null(), pl.col("arms") == 2).sort("stratum")
    if usable.height < 2:
        told = f"{arm}: no conversion rates were known when arms were dealt, so strata have no order to be judged"
        return _row("qini", arm, design, None, None, told)
    judged = pair.filter(pl.col("stratum").is_in(usable["stratum"].implode()))
    treated, converted, families, _ = _arrays(judged, arm)
    codes = judged["stratum"].rank("dense").to_numpy().astype(np.intp) - 1
    found = qini(converted, treated, families, codes, usable[EXPECTED].to_numpy()).coefficient
    verdict = "do not gain measurably more or less"
    if found.low > 0:
        verdict = "gain more"
    elif found.high < 0:
        verdict = "gain less: likely buyers need it least"
    says = (
        f"{arm}: strata that were expected to convert more {verdict} (Qini {1000 * found.value:+.2f} conversions per "
        f"1,000 accounts, 95 % {1000 * found.low:+.2f} to {1000 * found.high:+.2f})"
    )
    return _row("qini", arm, design, None, None, says) | {
        "accounts": int(treated.sum()),
        "baseline_accounts": int((~treated).sum()),
        "value": found.value,
        "low": found.low,
        "high": found.high,
    }


def _checks(accounts: pl.DataFrame, design: Design, spoiled: Iterable[Contamination]) -> Iterator[dict[str, Any]]:
    mismatches = ratio_mismatches(accounts, design)
    says = "; ".join(one.says for one in mismatches) or "the arms have the shares that were designed"
    yield {"figure": "sample_ratio", "accounts": accounts.height, "value": float(len(mismatches)), "says": says}
    for one in spoiled:
        value = None if one.accounts is None else float(one.accounts)
        yield {"figure": one.kind, "accounts": one.accounts, "value": value, "says": one.says}


def _row(figure: str, arm: str, design: Design, stratum: str | None, found: Effect | None, says: str) -> dict[str, Any]:
    row = {"figure": figure, "arm": arm, "baseline": design.baseline, "stratum": stratum, "says": says}
    if found is None:
        return row
    return row | {
        "accounts": found.accounts,
        "baseline_accounts": found.baseline_accounts,
        "rate": found.rate,
        "baseline_rate": found.baseline_rate,
        "value": found.difference.value,
        "low": found.difference.low,
        "high": found.difference.high,
    }


def _told(arm: str, found: Effect, design: Design) -> str:
    value, low, high = (100 * one for one in (found.difference.value, found.difference.low, found.difference.high))
    return (
        f"{arm}: {found.rate:.2%} of {found.accounts:,} accounts converted, {design.baseline} "
        f"{found.baseline_rate:.2%} of {found.baseline_accounts:,}: {value:+.2f} points ({low:+.2f} to {high:+.2f}); "
        f"what was known before took {max(found.variance_removed, 0):.0%} of the variance away"
    )


def _enough(pair: pl.DataFrame, found: Effect, design: Design) -> str:
    """Whether the experiment has reached the size that it was planned for: a look before that is no verdict."""
    ratio = found.accounts / found.baseline_accounts
    sizes = pair.group_by("family").len()["len"].to_numpy()
    needed = accounts_needed(design.plan, ratio=ratio, design_effect=family_design_effect(design.plan, sizes))
    if found.baseline_accounts >= needed:
        return f"It has the {needed:,} accounts in {design.baseline} that were planned"
    return f"A look and no verdict: {design.baseline} needs {needed:,} accounts and has {found.baseline_accounts:,}"


def _arrays(pair: pl.DataFrame, arm: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, Vector]:
    """(treated, converted, families, covariates) of the accounts, in their order."""
    known = pair.select(pl.col(f"^{KNOWN}.*$")).to_numpy()
    strata = one_hot(pair["stratum"].to_list())
    return (
        (pair["arm"] == arm).to_numpy(),
        pair[CONVERTED].to_numpy(),
        pair["family"].rank("dense").to_numpy().astype(np.intp),
        np.column_stack([known, strata]).astype(np.float64),
    )
