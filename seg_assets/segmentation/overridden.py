"""What scores show of accounts that a person has set to another segment.

Belongs here: segment, reasons and action of these few accounts, put over what the rules gave all accounts. So it is
the same whatever engine scored the week. Does not: which override holds (overrides.py), what the rules say (model.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from seg_assets.catalogs.model import SEGMENT_ID
from seg_assets.segmentation.labels import Labels, with_labels, with_verdicts
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.overrides import Override

OWNER, REASON, UNTIL = "override_owner", "override_reason", "override_until"
SHOWN: dict[str, type[pl.DataType]] = {OWNER: pl.String, REASON: pl.String, UNTIL: pl.Date}
SAID, SEGMENT_NAME = "__said", "__segment_name"
VERDICT: dict[str, pl.DataType | type[pl.DataType]] = {
    "labels": pl.List(pl.String),
    "action": pl.String,
    "action_from": pl.String,
    "action_reason": pl.String,
}
PATCH: dict[str, pl.DataType | type[pl.DataType]] = {
    "account_id": pl.String,
    SEGMENT_ID: pl.String,
    SEGMENT_NAME: pl.String,
    SAID: pl.String,
    **SHOWN,
    **VERDICT,
}


def patch(
    accounts: pl.LazyFrame, held: Mapping[str, Override], segmentation: Segmentation, labels: Labels
) -> pl.DataFrame:
    """A row an account of `accounts` that an override holds for: the columns of PATCH, for `with_overrides`.

    accounts: account rows with `required_columns` and what labels ask; only those in `held` are looked at. An override
    to a segment that has ended has a text and no segment: the rule applies.
    """
    names = {segment.segment_id: segment.name for segment in segmentation.segments}
    plays = {segment.segment_id: segment.action for segment in segmentation.segments}
    ended = {tombstone.segment_id: tombstone.words for tombstone in segmentation.tombstones}
    rows = [
        {
            "account_id": account,
            SEGMENT_ID: one.segment_id if one.segment_id in names else None,
            SEGMENT_NAME: names.get(one.segment_id),
            SAID: _said(one, names, ended),
            "__play": plays.get(one.segment_id),
            OWNER: one.owner,
            REASON: one.reason,
            UNTIL: one.expires_on,
        }
        for account, one in sorted(held.items())
    ]
    if not rows:
        return pl.DataFrame(schema=PATCH)
    known = pl.LazyFrame(rows, {**PATCH, "__play": pl.String} | dict.fromkeys(VERDICT, pl.Null))
    found = segmentation.answerable(accounts.filter(pl.col("account_id").is_in(list(held))), labels)
    found = found.join(known.drop(*VERDICT), on="account_id", how="inner")
    return with_verdicts(with_labels(found, labels), labels, pl.col("__play")).select(*PATCH).collect()


def with_overrides(scores: pl.LazyFrame, patched: pl.DataFrame) -> pl.LazyFrame:
    """`scores`, as `Segmentation.assign` gives them, with what `patched` says in the place of some, and SHOWN.

    OWNER, REASON and UNTIL are null where the segment is not a person's. Of an account that is set: held is false;
    second_segment_id is its rule segment, where that is another; confidence stays the probability that the rule segment
    at the next scoring is segment_id, null where that is not known. Accounts keep their order.
    """
    if patched.is_empty():
        return scores.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in SHOWN.items())
    ours = {name: f"__set_{name}" for name in patched.columns if name not in ("account_id", *SHOWN)}
    joined = scores.join(patched.lazy().rename(ours), on="account_id", how="left", maintain_order="left")
    chosen, said = pl.col(ours[SEGMENT_ID]), pl.col(ours[SAID])
    is_set, met, was = chosen.is_not_null(), pl.col("rule_segment_id"), pl.col(SEGMENT_ID)
    back = pl.col("held") & (chosen == met)
    likely = pl.when(back).then((1 - pl.col("confidence")).round(4)).when((chosen == met) | (chosen == was))
    second = pl.when(chosen != met).then(met).when(back).then(was).otherwise("second_segment_id")
    conditions = pl.when((chosen == met) & ~pl.col("held")).then("reasons").otherwise(pl.concat_list(_meets(met)))
    new = {
        SEGMENT_ID: chosen,
        "segment_name": pl.col(ours[SEGMENT_NAME]),
        "held": pl.lit(False),
        "confidence": likely.then("confidence"),
        "second_segment_id": second,
        "reasons": pl.concat_list(said, conditions),
        **{name: pl.col(ours[name]) for name in VERDICT},
    }
    only_said = pl.when(said.is_not_null()).then(pl.concat_list("reasons", said)).otherwise("reasons")
    columns = {name: pl.col(name) for name in new} | {"reasons": only_said}
    return joined.with_columns(
        *(pl.when(is_set).then(value).otherwise(columns[name]).alias(name) for name, value in new.items()),
        *(pl.when(is_set).then(name).alias(name) for name in SHOWN),
    ).drop(*ours.values())


def _meets(segment: pl.Expr) -> pl.Expr:
    return pl.format("its values meet {}", segment)


def _said(one: Override, names: Mapping[str, str], ended: Mapping[str, str]) -> str:
    if one.segment_id in names:
        return f"set to {names[one.segment_id]} by {one.owner} until {one.expires_on}: {one.reason}"
    fate = f", which has ended: {ended[one.segment_id]}" if one.segment_id in ended else ", which does not exist here"
    return f"the rule applies: {one.owner} set it to {one.segment_id} until {one.expires_on}{fate}"
