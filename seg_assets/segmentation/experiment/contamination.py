"""What spoils an experiment after the arms were dealt: accounts in two arms, families apart, the hold-out contacted.

Belongs here: counting each, with examples. Does not: dealing arms (assignment.py), what was contacted (the callers).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SEVERAL_ARMS, FAMILY_SPLIT, HOLDOUT_CONTACTED = "several_arms", "family_split", "holdout_contacted"
EXAMPLES = 5


@dataclass(frozen=True)
class Contamination:
    """One kind. accounts: how many; None where it cannot be told. examples: the first account_ids, sorted."""

    kind: str
    accounts: int | None
    examples: tuple[str, ...]
    says: str


def contaminations(
    arms: pl.DataFrame, parents: pl.DataFrame | None, contacts: pl.DataFrame | None
) -> list[Contamination]:
    """All three kinds of one experiment, those without an account too.

    arms: account_id, family, arm, holdout, assigned_on (Date), a row for each arm that an account was ever in.
    parents: account_id, parent_account_id as known now, None where no account master has landed. contacts: account_id,
    contacted_on (Date), None where nobody recorded any; those before the account was assigned are no contamination.
    """
    return [_several_arms(arms), _families_split(arms, parents), _holdout_contacted(arms, contacts)]


def _several_arms(arms: pl.DataFrame) -> Contamination:
    found = arms.group_by("account_id").agg(pl.col("arm").n_unique()).filter(pl.col("arm") > 1)["account_id"]
    return _counted(SEVERAL_ARMS, found, "accounts were in more than one arm; each is measured in its first")


def _families_split(arms: pl.DataFrame, parents: pl.DataFrame | None) -> Contamination:
    """Families as they are now: a merger after the arms were dealt puts two arms under one parent."""
    first = arms.sort("assigned_on", "arm").unique("account_id", keep="first", maintain_order=True)
    family = pl.col("family")
    if parents is not None:
        first = first.join(parents.drop_nulls().unique("account_id"), on="account_id", how="left")
        family = pl.coalesce("parent_account_id", "family")
    split = first.with_columns(family.alias("_now")).filter(pl.col("arm").n_unique().over("_now") > 1)
    told = "accounts have a parent whose other accounts are in another arm, so one arm may hear of the other"
    return _counted(FAMILY_SPLIT, split["account_id"], told)


def _holdout_contacted(arms: pl.DataFrame, contacts: pl.DataFrame | None) -> Contamination:
    if contacts is None:
        return Contamination(HOLDOUT_CONTACTED, None, (), "whether the hold-out was contacted is not recorded anywhere")
    held = arms.filter("holdout").join(contacts, on="account_id")
    after = held.filter(pl.col("contacted_on") >= pl.col("assigned_on"))["account_id"].unique()
    return _counted(HOLDOUT_CONTACTED, after, "accounts of the hold-out were contacted after they were held out")


def _counted(kind: str, accounts: pl.Series, told: str) -> Contamination:
    examples = tuple(accounts.sort().head(EXAMPLES))
    such_as = f", such as {', '.join(examples)}" if examples else ""
    return Contamination(kind, len(accounts), examples, f"{len(accounts):,} {told}{such_as}")
