"""The figures of a run as text.

Belongs here: alignment and number formats. Does not: what is worth showing (__main__.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.comparison import Aim, Loop
from benchmarks.measuring import Figures

VERDICTS = {True: "met", False: "MISSED", None: "not judged"}


def stages_table(titles: Mapping[str, str], figures: Sequence[Figures]) -> str:
    """A line a stage: seconds, processor seconds of a warm repeat, rows, rows a second, memory."""
    header = ("stage", "start s", "cold s", "warm s", "cpu s", "rows", "rows/s", "peak MB")
    lines = [
        (
            titles[one.stage],
            f"{one.start_seconds:.2f}",
            f"{one.cold:.2f}",
            f"{one.warm:.2f}",
            f"{one.warm_cpu:.2f}",
            f"{one.rows:,}",
            f"{one.rows_a_second:,.0f}",
            f"{one.peak_mb:,.0f}",
        )
        for one in figures
    ]
    return aligned([header, *lines], left=1)


def loop_table(refresh: Figures, loop: Loop) -> str:
    """A refresh and the loop over k with scikit-learn: what was measured, what that stands for, how many times as long.

    A part of the loop's refits was measured; the line says which, and the next ones count on.
    """
    header = ("judging k = 3 to 15", "measured s", "stands for s", "cpu s", "times the refresh")
    own, part = (refresh.warm, refresh.warm_cpu), loop.refits
    lines = [
        ("refresh, with all else that it makes", own[0], *own),
        ("scikit-learn loop: fits, figures", loop.counts.warm, loop.counts.warm, loop.counts.warm_cpu),
        (
            f"scikit-learn loop: refits, 1 of {loop.parts} parts",
            part.warm,
            loop.parts * part.warm,
            loop.parts * part.warm_cpu,
        ),
        ("scikit-learn loop, all", loop.counts.warm + part.warm, loop.seconds, loop.cpu_seconds),
    ]
    rows = [
        (what, f"{measured:,.1f}", f"{whole:,.0f}", f"{cpu:,.0f}", f"{whole / own[0]:.1f}")
        for what, measured, whole, cpu in lines
    ]
    return aligned([header, *rows], left=1)


def aims_table(aims: Sequence[Aim]) -> str:
    """A line an aim: the figure, what is wanted, and whether it is met."""
    header = ("aim", "figure", "wanted", "verdict")
    return aligned([header, *((a.what, f"{a.figure:.2f} {a.unit}", a.wanted, VERDICTS[a.met]) for a in aims)], left=1)


def aligned(rows: Sequence[Sequence[str]], left: int) -> str:
    """Columns of equal width, the first `left` flush left and the others flush right; a rule below the first row."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(w) if place < left else text.rjust(w)
            for place, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
