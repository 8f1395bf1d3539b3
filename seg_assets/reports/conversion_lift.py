"""The page of a conversion-lift report: one HTML file that needs nothing else.

Belongs here: putting sections and template together. Does not: any section (the modules beside), reading tables or
writing the file (assets/lift_page.py).

Whatever comes from data is escaped by the template; charts are made escaped (charts.py).
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from seg_assets.reports import comparison, glossary, questions, segments, trust
from seg_assets.reports.lift_report import LiftReport, day_words, month_words
from seg_assets.reports.opening import opening
from seg_assets.reports.tables import Drawing
from seg_assets.segmentation.conversion.wording import NOT_CAUSAL


def page(report: LiftReport) -> str:
    """The whole page as HTML: the same bytes for the same tables, no account on it, nothing fetched."""
    main = report.main
    text = _template().render(
        report=report,
        objective=report.catalogue.objective,
        month=month_words(report.data_month),
        as_of="" if report.as_of is None else day_words(report.as_of),
        opening=opening(report),
        not_causal=NOT_CAUSAL,
        segments=segments.segment_rows(report.profiles, report.catalogue, report.labels, report.reach),
        segment_chart=segments.conversion_chart(report.profiles),
        parts=comparison.parts(report),
        main_name=None if main is None else main.name,
        verdicts=comparison.verdicts(report),
        funnel=trust.funnel(report),
        controls=trust.controls(report),
        failed=trust.controls_failed(report),
        making=trust.making(report),
        questions=questions.answers(report),
        terms=glossary.TERMS,
    )
    return _without_controls(text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("seg_assets.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawn"] = _drawn
    return environment.get_template("conversion_lift.html")


def _drawn(drawing: Drawing) -> Markup:
    # Made by charts.py from values that its XML writer escaped.
    return Markup(drawing.svg)


def _without_controls(text: str) -> str:
    """Without characters that no HTML may hold, as data sometimes do."""
    return "".join(letter for letter in text if letter in "\n\t" or letter >= " ")
