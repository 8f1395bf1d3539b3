"""A segmentation as one SELECT: account snapshots in, indices and segments out.

Belongs here: the order of the steps, the names of their columns, what people read beside them.
Does not: the steps themselves (deviations.py, composites.py, scorecards.py, definitions.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlglot import exp

from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.sql.composites import points, weighted_mean
from seg_assets.segmentation.sql.deviations import deviation
from seg_assets.segmentation.sql.layout import laid_out
from seg_assets.segmentation.sql.scorecards import intent, tenths
from seg_assets.segmentation.sql.syntax import check_dialect, choice, column

KEYS = ("account_id", "snapshot_date")
Columns = dict[str, exp.Expression]
Steps = Iterator[tuple[str, Columns]]


def select_sql(segmentation: Segmentation, table: str, dialect: str = "duckdb") -> str:
    """One SELECT over `table`, account rows with the segmentation's `required_columns`; numbers have to be doubles.

    Columns: account_id, snapshot_date, each index (whole numbers 0 to 100), rule_segment_id. Every account has the
    values that `indices` and `assign` give it: nulls, NaN, infinities, levels never seen and values exactly on a
    threshold included.

    dialect: duckdb and spark are run by property tests, and gave 416,389 sample accounts what Polars gives them (DuckDB
    2.0, Spark 4.2); databricks gets the text of spark; trino is parsed again and run by DuckDB after a translation in
    which no comparison with NaN holds. Neither a Databricks nor a Trino has run theirs.
    Raises ValueError for another dialect. What is no table's name in the dialect is taken as one, in quotes.
    """
    check_dialect(dialect)
    columns = named([*KEYS, *segmentation.index_set.names])
    select = exp.select(*columns.values(), _segment(segmentation, dialect))
    return laid_out(chained(select, index_steps(segmentation, {}), exp.to_table(table, dialect=dialect)), dialect)


def chained(select: exp.Select, steps: Steps, source: exp.Table) -> exp.Select:
    """`select` from the last of `steps`, each of which reads the one before, the first `source`."""
    for name, columns in steps:
        step = free(name, [source.name])
        select = select.with_(step, as_=exp.select(*aliased(columns)).from_(source))
        source = exp.to_table(step)
    return select.from_(source)


def index_steps(segmentation: Segmentation, beside: Columns) -> Steps:
    """The name of each step that leads to the indices, and its columns.

    beside: further columns, which the first step computes from the accounts and the others hand on.
    """
    names, composites = segmentation.index_set.names, segmentation.reference.indices
    scorecard, scales = segmentation.intent, {scale.feature: scale for scale in segmentation.reference.scales}
    used = list(dict.fromkeys(c.feature for index in composites for c in index.contributions))
    gates = [gate for feature in used if (gate := scales[feature].gate) is not None]
    asked = [c for definition in segmentation.definitions for c in definition.columns if c not in names]
    kept = named([*KEYS, *asked])
    passed = named([*kept, *gates, *beside])
    total = free(f"{INTENT}_tenths", [*passed, *names])
    taken = [*passed, *names, total]
    deviations = {feature: free(f"{feature}_deviation", taken) for feature in used}
    means = {index.name: free(f"{index.name}_mean", taken) for index in composites}
    summed = {} if scorecard is None else {total: tenths(scorecard)}
    yield "deviations", passed | beside | summed | {deviations[feature]: deviation(scales[feature]) for feature in used}
    passed |= named(summed)
    yield "means", passed | {means[index.name]: weighted_mean(index, deviations) for index in composites}
    found = {index.name: points(index, means[index.name], scales) for index in composites}
    yield "indices", kept | named(beside) | found | ({} if scorecard is None else {INTENT: intent(total)})


def _segment(segmentation: Segmentation, dialect: str) -> exp.Expression:
    """The segment whose definition holds; its name is a comment."""
    branches = []
    for segment in segmentation.segments:
        text = exp.Literal.string(segment.segment_id)
        text.add_comments([segment.name])
        branches.append((segment.definition.predicate(dialect), text))
    return exp.alias_(choice(branches), "rule_segment_id")


def named(names: Iterable[str]) -> Columns:
    """Columns as they are."""
    return {name: column(name) for name in names}


def aliased(columns: Columns) -> list[exp.Expression]:
    """What a SELECT lists."""
    return [
        tree if isinstance(tree, exp.Column) and tree.name == name else exp.alias_(tree, column(name).this)
        for name, tree in columns.items()
    ]


def free(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or that with underscores where something has this name."""
    return free(f"{wanted}_", taken) if wanted in taken else wanted
