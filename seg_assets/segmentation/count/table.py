"""The report on the number of segments as rows, and as a few lines that people read.

Belongs here: a row a number of segments; a Markdown table of what decided. Does not: the figures (report.py).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from seg_assets.schemas import SEGMENT_COUNT_REPORT
from seg_assets.segmentation.count.choose import EVERYONE
from seg_assets.segmentation.count.ground import conditions_of
from seg_assets.segmentation.count.history import Verdict
from seg_assets.segmentation.count.leaves import Holdings
from seg_assets.segmentation.count.measure import Measured
from seg_assets.segmentation.count.report import CountReport
from seg_assets.segmentation.lift import Interval
from seg_assets.segmentation.model import CONSTRUCTED
from seg_assets.segmentation.stability.assessment import Stability
from seg_assets.segmentation.stability.estimate import Estimate

SCHEMA = {name: dtype for name, dtype in SEGMENT_COUNT_REPORT.schema.items() if name != "service_month"}


def report_rows(report: CountReport) -> pl.DataFrame:
    """A row a number of segments, as `segment_count_report` without its service_month.

    Where no segmentation is stable the chosen row is that of everyone, k 1, which has no figures.
    """
    rows: list[dict[str, Any]] = []
    if report.chosen is None:
        rows.append(
            {
                "k": EVERYONE,
                "chosen": True,
                "state": str(report.choice.state),
                "kind": CONSTRUCTED,
                "sentence": report.choice.sentence,
                "history": report.history,
                "sampled": report.sampled,
            }
        )
    before: Measured | None = None
    for one in report.measured:
        chosen = one is report.chosen
        rows.append(
            {
                "k": one.partition.count,
                "chosen": chosen,
                "state": str(one.judged.state),
                **_stability(one.stability),
                **_compactness(one),
                **_ranking(one, before),
                **_holdings(one, report.holdings),
                "plays": one.plays,
                "intent_share": one.intent_share,
                "largest_group": max(one.group_shares, key=lambda group: one.group_shares[group]),
                "largest_group_share": max(one.group_shares.values()),
                "gates": [
                    {"gate": gate.name, "state": str(gate.state), "seen": gate.seen, "limit": gate.limit}
                    for gate in one.judged.gates
                ],
                "segments": _segments(one, report.holdings),
                "sentence": report.choice.sentence,
                "history": report.history,
                **_verdict(report.verdict if chosen else None),
                "sampled": report.sampled,
            }
        )
        before = one
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def report_markdown(rows: pl.DataFrame) -> str:
    """What decided, a line a number of segments. rows: of `report_rows`."""
    head = "| k | | gates | Jaccard | agreement | explained | lift share | smallest | plays | what does not pass |"
    lines = [head, "| ---: | --- | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |"]
    for row in rows.filter(pl.col("k") > EVERYONE).iter_rows(named=True):
        failed = "; ".join(f"{gate['gate']}: {gate['seen']}" for gate in row["gates"] if gate["state"] != "pass")
        lift = ""
        if row["lift_share"] is not None:
            lift = f"{row['lift_share']:.2f} [{row['lift_share_low']:.2f}, {row['lift_share_high']:.2f}]"
        lines.append(
            f"| {row['k']} | {'**chosen**' if row['chosen'] else ''} | {row['state']} | {row['worst_jaccard']:.2f} | "
            f"{row['agreement_low']:.2f} | {row['explained_of_free']:.2f} | {lift} | {row['smallest_share']:.1%} | "
            f"{row['plays']} | {failed} |"
        )
    return "\n".join(lines)


def _stability(found: Stability) -> dict[str, object]:
    worst, agreement, strength = found.worst_jaccard, found.agreement, found.prediction_strength
    return {
        "kind": str(found.origin),
        **_estimate("worst_jaccard", worst.estimate),
        "worst_jaccard_null": worst.null_high,
        "agreement": agreement.estimate.value,
        "agreement_low": found.agreement_low.value,
        "agreement_null": agreement.null_high,
        **_estimate("prediction_strength", strength.estimate),
        "prediction_strength_null": strength.null_high,
    }


def _compactness(one: Measured) -> dict[str, object]:
    figures = one.compactness
    return {
        "explained_variance": figures.explained_variance,
        "explained_of_free": figures.of_free,
        **_estimate("silhouette", figures.silhouette),
        "calinski_harabasz": figures.calinski_harabasz,
        "davies_bouldin": figures.davies_bouldin,
        "gap": figures.gap,
        "gap_error": figures.gap_error,
    }


def _ranking(one: Measured, before: Measured | None) -> dict[str, object]:
    if one.ranking is None:
        return {}
    added = None
    if before is not None and before.ranking is not None:
        further = one.ranking.prospect.reached - before.ranking.prospect.reached
        added = further * one.ranking.conversions_a_snapshot
    return {
        **_estimate("auc", one.ranking.prospect.auc),
        **_estimate("lift_share", one.ranking.share),
        "qualified_reached": one.ranking.prospect.reached,
        "qualified_added": added,
    }


def _holdings(one: Measured, holdings: Holdings) -> dict[str, object]:
    partition = one.partition
    accounts = partition.members @ holdings.accounts
    value, outcomes = holdings.value_shares(partition), holdings.outcomes_of(partition)
    conditions = conditions_of(partition)
    return {
        "churn": holdings.churn(partition),
        "smallest_accounts": int(accounts.min()),
        "smallest_share": float(holdings.shares(partition).min()),
        "smallest_arr_share": None if value is None else float(value.min()),
        "fewest_conversions": None if outcomes is None else int(outcomes[:, 1].min()),
        "conditions": sum(conditions),
        "most_conditions": max(conditions),
    }


def _segments(one: Measured, holdings: Holdings) -> list[dict[str, object]]:
    accounts = one.partition.members @ holdings.accounts
    return [
        {
            "definition_sql": definition.sql(),
            "accounts": int(accounts[place]),
            **_estimate("jaccard", found.figure.estimate),
            "jaccard_null": found.figure.null_high,
            "kind": str(found.figure.origin),
        }
        for place, (definition, found) in enumerate(zip(one.partition.definitions, one.stability.segments, strict=True))
    ]


def _verdict(verdict: Verdict | None) -> dict[str, object]:
    if verdict is None:
        return {}
    return {
        **_estimate("verdict_auc", verdict.ranking.prospect.auc),
        **_estimate("verdict_lift_share", verdict.ranking.share),
        "verdict_ceiling": verdict.ceiling.value,
        "verdict_auc_without_intent": verdict.without_intent.value,
        "verdict_auc_within_intent": list(verdict.within_quintiles),
    }


def _estimate(name: str, found: Estimate | Interval | None) -> dict[str, object]:
    if found is None:
        return {}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
