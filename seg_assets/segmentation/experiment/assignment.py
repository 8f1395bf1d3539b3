"""Which arm each account gets: by a salted hash, in the same shares in every stratum, whole families together.

Belongs here: the design of an experiment, dealing newcomers their arms, the sample-ratio check.
Does not: keeping what was dealt (assets/experiments.py), what the arms did (effect.py).

Why not a threshold on the hash alone: shares then hold only on average, and a segment of 200 accounts may get 60 to 40.
So the hash gives the order of families in a stratum, and a low-discrepancy sequence with a random start gives the
arms: a family's chance of an arm is the arm's share exactly, whatever the stratum's size, and after n families the
counts are off by a few. The global hold-out does use a threshold: it must be the same in all experiments, and be told
for an account from its id and the salt alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.segmentation.experiment.power import Plan

HOLDOUT = "holdout"
ALL = "all"
"""The stratum of every account where a design stratifies by nothing."""

ARM_SCHEMA = pl.Schema(
    {"account_id": pl.String, "family": pl.String, "stratum": pl.String, "arm": pl.String, "holdout": pl.Boolean}
)
# Below this a sample ratio is no accident: experiments are looked at often. Source: Fabijan et al. 2019.
SUSPICIOUS = 0.001
# The fractional parts of its multiples fill the unit interval most evenly. Source: Niederreiter 1992, section 3.1.
_GOLDEN = (5**0.5 - 1) / 2
_CELL = "\x1f"


@dataclass(frozen=True)
class Arm:
    """One policy, and the share of the accounts that are not held out which gets it."""

    name: str
    share: float


@dataclass(frozen=True)
class Design:
    """An experiment, fixed before it starts. baseline: the arm, or `holdout`, that the others are compared with.

    holdout_share, salt: of the global hold-out, the same for all experiments; stratify_by: columns whose values
    together are an account's stratum; who: a SQL condition on the accounts that enter, None for all.
    Raises ValueError where arms, shares or baseline do not fit together.
    """

    experiment: str
    arms: tuple[Arm, ...]
    baseline: str
    holdout_share: float
    salt: str
    plan: Plan
    stratify_by: tuple[str, ...] = ()
    who: str | None = None

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if not self.experiment.strip() or not names or len(set(names)) < len(names) or HOLDOUT in names:
            raise ValueError(f"an experiment has a name, and arms with names of their own other than {HOLDOUT!r}")
        if any(arm.share <= 0 for arm in self.arms) or abs(sum(arm.share for arm in self.arms) - 1) > 1e-9:
            told = ", ".join(f"{arm.name} {arm.share}" for arm in self.arms)
            raise ValueError(f"the shares of the arms have to be above 0 and to sum to 1: {told}")
        if not 0 <= self.holdout_share < 1:
            raise ValueError(f"holdout_share is {self.holdout_share}: it has to be a share below 1, such as 0.05")
        if self.baseline not in names and not (self.baseline == HOLDOUT and self.holdout_share > 0):
            raise ValueError(f"the baseline {self.baseline!r} is none of the arms: {', '.join(names)}")

    @property
    def shares(self) -> dict[str, float]:
        """The share of all accounts that each arm gets, the hold-out among them."""
        rest = 1 - self.holdout_share
        held = {HOLDOUT: self.holdout_share} if self.holdout_share else {}
        return held | {arm.name: rest * arm.share for arm in self.arms}


@dataclass(frozen=True)
class RatioMismatch:
    """Arms whose counts chance does not explain. stratum: None for all accounts together."""

    stratum: str | None
    p_value: float
    says: str


def assign(accounts: pl.DataFrame, design: Design, earlier: pl.DataFrame | None = None) -> pl.DataFrame:
    """The arms of the accounts that have none yet, as ARM_SCHEMA has them, sorted by account_id.

    accounts: account_id, family (the parent where one is known, else the account itself), stratum; one row an account.
    earlier: rows of ARM_SCHEMA that this design gave before. A newcomer gets the arm of its family where that has one,
    whatever its own stratum. A new family is dealt in the stratum of the parent, or else the one that most of it is
    in. The same for any order of rows; who was dealt before decides nothing but whose turn it is.
    """
    dealt = ARM_SCHEMA.to_frame() if earlier is None else earlier.select(ARM_SCHEMA.names())
    new = accounts.join(dealt, on="account_id", how="anti")
    known = dealt.sort("account_id").unique("family", keep="first", maintain_order=True)
    known = known.select("family", "arm", pl.col("stratum").alias("_dealt_in"))
    heads = _strata(new.join(known, on="family", how="anti"))
    arms = pl.concat([known, _deal(heads, design, known)])
    return (
        new.join(arms, on="family")
        .select(
            "account_id",
            "family",
            pl.col("_dealt_in").alias("stratum"),
            "arm",
            (pl.col("arm") == HOLDOUT).alias("holdout"),
        )
        .sort("account_id")
    )


def is_held_out(families: Iterable[str], design: Design) -> list[bool]:
    """Whether each family belongs to the global hold-out: told by its id, the salt and the share alone."""
    return [draw < design.holdout_share for draw in _draws(families, design.salt, HOLDOUT)]


def ratio_mismatches(arms: pl.DataFrame, design: Design) -> list[RatioMismatch]:
    """Where families are not spread over the arms as designed, all together and in each stratum; none if all is well.

    arms: rows of ARM_SCHEMA. A chi-square test of each stratum that expects 5 families or more in every arm, the level
    shared among them. It asks of those who are analysed whether arms lost accounts unequally; what `assign` deals is
    closer to its shares than chance. Source: Fabijan et al. 2019, "Diagnosing sample ratio mismatch".
    """
    families = arms.unique("family", keep="first", maintain_order=False)
    parts: list[tuple[str | None, pl.DataFrame]] = [(None, families)]
    parts += [(str(part["stratum"][0]), part) for part in families.partition_by("stratum", maintain_order=False)]
    shares = design.shares
    tested = [(name, part) for name, part in parts if part.height * min(shares.values()) >= 5 and len(shares) > 1]
    found = []
    for name, part in sorted(tested, key=lambda one: (one[0] is not None, one[0] or "")):
        p_value = _chance(dict(part["arm"].value_counts().iter_rows()), shares)
        if p_value < SUSPICIOUS / len(tested):
            found.append(RatioMismatch(name, p_value, _told(name, part, shares, p_value)))
    return found


def _told(stratum: str | None, part: pl.DataFrame, shares: Mapping[str, float], p_value: float) -> str:
    counts = dict(part["arm"].value_counts().iter_rows())
    seen = ", ".join(f"{arm} {counts.get(arm, 0) / part.height:.1%} of {share:.1%}" for arm, share in shares.items())
    where = "all strata" if stratum is None else f"stratum {stratum}"
    return f"{where}: {seen} ({part.height:,} families; chance alone gives this with p = {p_value:.1g})"


def _chance(counts: Mapping[str, int], shares: Mapping[str, float]) -> float:
    from scipy.stats import chisquare

    seen = np.array([counts.get(arm, 0) for arm in shares], dtype=np.float64)
    expected = np.array(list(shares.values()))
    return float(chisquare(seen, expected / expected.sum() * seen.sum()).pvalue)


def _strata(accounts: pl.DataFrame) -> pl.DataFrame:
    """family, stratum: one row a family."""
    votes = accounts.group_by("family", "stratum").agg(
        pl.len().alias("votes"), (pl.col("account_id") == pl.col("family")).any().alias("has_head")
    )
    first = votes.sort("family", "has_head", "votes", "stratum", descending=[False, True, True, False])
    return first.unique("family", keep="first", maintain_order=True).select("family", "stratum")


def _deal(families: pl.DataFrame, design: Design, known: pl.DataFrame) -> pl.DataFrame:
    """family, arm, _dealt_in: of new families. known: those dealt before, whose turns in each stratum are taken."""
    held = pl.Series("held", is_held_out(families["family"], design), dtype=pl.Boolean)
    order = pl.Series("order", _draws(families["family"], design.salt, design.experiment), dtype=pl.Float64)
    taken = known.filter(pl.col("arm") != HOLDOUT).group_by(pl.col("_dealt_in").alias("stratum")).len("taken")
    turns = (
        families.with_columns(held, order)
        .sort("order", "family")
        .join(taken, on="stratum", how="left", maintain_order="left")
        .with_columns(turn=pl.col("taken").fill_null(0) + (~pl.col("held")).cum_sum().over("stratum") - 1)
    )
    strata = turns["stratum"].unique(maintain_order=True)
    starts = _draws(strata, design.salt, f"{design.experiment}{_CELL}start")
    start = turns.select(pl.col("stratum").replace_strict(strata, starts, return_dtype=pl.Float64)).to_series()
    places = (start.to_numpy() + turns["turn"].to_numpy() * _GOLDEN) % 1
    ends = np.cumsum([arm.share for arm in design.arms])[:-1]
    names = pl.Series([arm.name for arm in design.arms], dtype=pl.String)
    arms = names.gather(pl.Series(np.searchsorted(ends, places, side="right"), dtype=pl.UInt32))
    return turns.select(
        "family",
        pl.when("held").then(pl.lit(HOLDOUT)).otherwise(arms).alias("arm"),
        pl.col("stratum").alias("_dealt_in"),
    )


def _draws(keys: Iterable[str], salt: str, purpose: str) -> list[float]:
    """A number in [0, 1) a key. SHA-256, since a checksum with two salts gives two draws that tell of each other."""
    begun = hashlib.sha256(f"{salt}{_CELL}{purpose}{_CELL}".encode())
    found = []
    for key in keys:
        one = begun.copy()
        one.update(key.encode())
        found.append(int.from_bytes(one.digest()[:7], "big") / 2**56)
    return found
