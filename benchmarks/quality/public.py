"""Public data with an outcome, as the examples prepare them, at random and in time.

Belongs here: where each set lies, its dates, its splits. Does not: what a set's columns mean (examples/*/).
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import polars as pl

from benchmarks.quality.hand_rules import hand_rules
from benchmarks.quality.populations import Population
from benchmarks.quality.splits import Split, at_random, in_time
from seg_assets.catalogs import Catalogue, load_catalogue
from seg_assets.landing import account_snapshot
from seg_assets.segmentation.intent.rows import FAMILY
from seg_assets.segmentation.outcomes import given_outcomes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BEGAN, KNOWN = "__began", "__known"


@dataclass(frozen=True)
class PublicSet:
    """One set. path: below the shared folder; example: the folder with its catalogue.yaml and prepare.py.

    prepared: that prepare.py and the path to rows as it lands them; began, known: when an account was there and when
    its outcome was known, as expressions over those rows.
    """

    name: str
    path: str
    example: str
    prepared: Callable[[ModuleType, Path], pl.DataFrame]
    began: pl.Expr
    known: pl.Expr

    @property
    def catalogue(self) -> Catalogue:
        """As the example has it."""
        return load_catalogue(EXAMPLES / self.example / "catalogue.yaml")

    def rows(self, shared: Path) -> pl.DataFrame:
        """Account rows with `converted` and the two moments, in the shape of a snapshot."""
        script, catalogue = _prepare(self.example), self.catalogue
        landed = self.prepared(script, shared / self.path)
        week = dt.date.fromisoformat(script.SNAPSHOT_DATE)
        source = catalogue.sources[0].name
        accounts = account_snapshot({source: landed}, catalogue, week).accepted
        beside = [self.began.alias(BEGAN), self.known.alias(KNOWN)]
        beside += [pl.col(FAMILY)] if FAMILY in landed.columns else []
        accounts = accounts.join(landed.select("account_id", *beside), on="account_id", how="left")
        return given_outcomes(accounts.lazy(), catalogue).frame.collect()


ROW = pl.col("row_order")
CONTACTED = pl.col("first_contact_date")
PUBLIC_SETS = (
    PublicSet(
        "bank_full",
        "data/uci_bank_marketing/bank.zip",
        "bank_marketing",
        lambda script, path: script.landed(script.read_clients(path), outcome_known=True),
        ROW,
        ROW,
    ),
    PublicSet(
        "bank_additional",
        "data/uci_bank_marketing/bank-additional.zip",
        "bank_additional",
        lambda script, path: script.landed(script.read_clients(path), outcome_known=True),
        ROW,
        ROW,
    ),
    PublicSet(
        "olist_funnel",
        "data/olist_b2b_funnel",
        "olist_funnel",
        lambda script, path: script.landed(script.read_leads(path), outcome_known=True),
        CONTACTED,
        CONTACTED.dt.offset_by("60d"),
    ),
    PublicSet(
        "maven_crm",
        "data/maven_crm_sales",
        "maven_crm",
        lambda script, path: script.landed(script.read_opportunities(path), outcome_known=True),
        pl.col("engage_date"),
        pl.col("close_date"),
    ),
)


def public_populations(one: PublicSet, shared: Path, draws: int) -> tuple[Population, Population]:
    """The set at random, `draws` times, and in time."""
    rows = one.rows(shared)
    accounts = rows.drop(BEGAN, KNOWN)

    def random() -> Iterator[Split]:
        return (at_random(accounts, number) for number in range(draws))

    def late() -> Iterator[Split]:
        yield in_time(rows, BEGAN, KNOWN)

    catalogue, rules = one.catalogue, hand_rules(one.name)
    return Population(one.name, "random", catalogue, rules, random), Population(
        one.name, "late", catalogue, rules, late
    )


def _prepare(example: str) -> ModuleType:
    """The example's prepare.py: a script for people, not a package."""
    spec = importlib.util.spec_from_file_location(f"prepare_{example}", EXAMPLES / example / "prepare.py")
    if spec is None or spec.loader is None:
        raise ValueError(f"examples/{example} has no prepare.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script
