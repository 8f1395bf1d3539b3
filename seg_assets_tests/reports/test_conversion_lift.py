"""The page stands alone, escapes what data say, shows no account, and can be read without eyes or a mouse."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import polars as pl
import pytest

from seg_assets.reports.conversion_lift import page
from seg_assets.segmentation.conversion.wording import NOT_CAUSAL
from seg_assets_tests.reports import frames
from seg_assets_tests.reports.reading import Page

REPORTS = {
    "whole": frames.lift_report,
    "nothing has matured": frames.nothing,
    "a control failed": lambda: frames.lift_report(controls=frames.controls(failed=True)),
    "no tiers, no labels, no account_master": lambda: frames.lift_report(
        figures=frames.figures(left_out=("tiers", "tiers_retuned")),
        verdicts=frames.verdicts().clear(),
        labels=None,
        reach=None,
    ),
    "no profiles": lambda: frames.lift_report(profiles=frames.profiles().clear()),
    "too few": lambda: frames.lift_report(figures=frames.figures(accounts=40, conversions=4)),
}


@pytest.fixture(scope="module", params=REPORTS)
def html(request):
    return page(REPORTS[request.param]())


@pytest.fixture(scope="module")
def whole():
    return page(frames.lift_report())


def text_of(html: str) -> str:
    """What a reader sees, blanks made one."""
    return " ".join(Page(html).all("body")[0].text.split())


def test_nothing_from_data_becomes_markup(html):
    read = Page(html)
    assert not read.all("script", "iframe", "object", "embed", "form", "img")
    assert not [e for e in read.elements if any(name.startswith("on") for name in e.attributes)]
    assert frames.HOSTILE not in html
    assert frames.LEVEL not in html


def test_hostile_names_are_shown_as_they_are(whole):
    assert frames.HOSTILE in text_of(whole)
    assert frames.LEVEL in text_of(whole)


def test_the_page_fetches_nothing(html):
    read = Page(html)
    for element in read.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert element.attributes.get(name, "#").startswith("#"), element
    assert not read.all("link", "base")
    assert "@import" not in html
    assert not re.findall(r"url\((?!#)", html)
    assert "://" not in html
    (policy,) = [e for e in read.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy.attributes["content"].startswith("default-src 'none'")


def test_no_account_is_on_the_page(html):
    assert frames.ACCOUNT not in html
    assert "typical" not in html


def test_the_markup_is_well_formed_and_ids_are_unique(html):
    read = Page(html)
    assert read.unclosed == []
    ids = [element.attributes["id"] for element in read.elements if "id" in element.attributes]
    assert sorted(set(ids)) == sorted(ids)


def test_every_reference_within_the_page_leads_somewhere(html):
    read = Page(html)
    ids = {element.attributes["id"] for element in read.elements if "id" in element.attributes}
    wanted = {e.attributes["href"][1:] for e in read.elements if e.attributes.get("href", "").startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", html))
    for name in ("aria-labelledby", "aria-describedby"):
        wanted |= {one for e in read.elements for one in e.attributes.get(name, "").split()}
    assert wanted <= ids


def test_headings_come_in_order_under_one_title(html):
    read = Page(html)
    levels = [int(element.tag[1]) for element in read.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_keyboard_reaches_every_part(html):
    read = Page(html)
    assert len(read.all("main")) == len(read.all("header")) == len(read.all("footer")) == len(read.all("nav")) == 1
    first = next(element for element in read.elements if "href" in element.attributes)
    assert (first.attributes["class"], first.attributes["href"]) == ("skip", "#main")
    for section in read.all("section"):
        assert "aria-labelledby" in section.attributes or "aria-label" in section.attributes
    scrolled = [e for e in read.all("div") if e.attributes.get("class") == "scroll"]
    assert all(e.attributes["tabindex"] == "0" and e.attributes["role"] == "region" for e in scrolled)
    for details in read.all("details"):
        follower = read.elements[read.elements.index(details) + 1]
        assert follower.tag == "summary" and follower.text.strip()


def test_every_table_has_a_caption_and_headers_with_a_scope(html):
    read = Page(html)
    assert len(read.all("caption")) == len(read.all("table"))
    assert all(caption.text.strip() for caption in read.all("caption"))
    assert all(header.attributes.get("scope") in ("col", "row") for header in read.all("th"))


def test_every_chart_says_what_it_shows_and_has_its_numbers_beside_it(whole):
    read = Page(whole)
    charts = [element for element in read.all("svg") if element.attributes["class"] == "chart"]
    assert len(charts) >= 4
    for chart in charts:
        assert chart.attributes["role"] == "img" and chart.attributes["aria-label"]
        assert "title" in [e.tag for e in read.elements if e.within[-1:] == ("svg",)]
    assert len([e for e in read.all("table") if "figure" in e.within]) == len(charts)


def test_the_page_follows_light_dark_and_paper(html):
    (style,) = Page(html).all("style")
    assert "prefers-color-scheme: dark" in style.text
    assert "@media print" in style.text
    light, dark = (set(re.findall(r"--([a-z]+):", part)) for part in style.text.split("prefers-color-scheme: dark")[:2])
    assert light == dark
    drawn = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert not re.findall(r"#[0-9a-fA-F]{6}\b", drawn)


def test_the_same_tables_make_the_same_bytes_in_any_process(whole):
    program = (
        "from seg_assets_tests.reports import frames\nfrom seg_assets.reports.conversion_lift import page\n"
        "import hashlib; print(hashlib.sha256(page(frames.lift_report()).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    done = [subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout for _ in range(2)]
    assert done[0] == done[1]
    assert page(frames.lift_report()) == whole


def test_a_month_is_monitored_and_a_quarter_is_judged(whole):
    assert "Monitoring, not verdict" in text_of(whole)
    better = Page(page(frames.lift_report(verdicts=frames.verdicts("better"))))
    assert "better" in better.all("title")[0].text
    tones = {say: _tone(page(frames.lift_report(verdicts=frames.verdicts(say)))) for say in ("better", "worse")}
    assert tones == {"better": "verdict good", "worse": "verdict bad"}
    assert _tone(whole).strip() == "verdict"


def _tone(html: str) -> str:
    found = [e.attributes.get("class", "") for e in Page(html).all("div")]
    return next(one for one in found if one.split()[:1] == ["verdict"])


def test_a_failed_control_is_said_before_anything_else(whole):
    failed = text_of(page(frames.lift_report(controls=frames.controls(failed=True))))
    assert failed.index("do not use this report") < failed.index("Monitoring, not verdict")
    assert "leak screen" in failed
    assert "do not use this report" not in text_of(whole)


def test_it_says_what_it_is_not(whole):
    assert NOT_CAUSAL in text_of(whole)


def test_small_cells_are_not_shown(whole):
    read = Page(whole)
    rows = [e.text for e in read.all("tr")]
    (small,) = [row for row in rows if row.startswith("\nSEG-02 Small") or row.startswith("SEG-02 Small")][:1]
    assert "too few" in small and "0.17" not in small and "16.7" not in small
    assert "fewer than 10 accounts or 5 conversions" in text_of(whole)
    few = text_of(page(frames.lift_report(figures=frames.figures(accounts=40, conversions=4))))
    assert "0.720" not in few[: few.index("The figures")]


def test_a_month_without_outcomes_is_told_and_not_drawn():
    html = page(frames.nothing())
    assert "Nobody was judged" in text_of(html)
    assert not Page(html).all("svg")


def test_absent_parts_say_why():
    text = text_of(page(REPORTS["no tiers, no labels, no account_master"]()))
    assert "account_master has not landed" in text
    assert "Labels are not known" in text
    assert "Tiers as they are: left out, no revenue" in text
    assert "materialize segment_profiles" in text_of(page(REPORTS["no profiles"]()))


def test_a_rule_that_cannot_order_the_accounts_is_called_a_low_bar(whole):
    one_class = frames.classes().with_columns(
        pl.when(pl.col("label") == "none").then(1.0).otherwise(pl.col("account_share")).alias("account_share")
    )
    assert "low bar" in text_of(page(frames.lift_report(classes=one_class)))
    assert "low bar" not in text_of(whole)


def test_the_hardest_rule_is_on_the_first_screen(whole):
    text = text_of(whole)
    told = text[: text.index("The segments that served")]
    assert "sales motion, the best rule here: AUC 0.720 against 0.580" in told


def test_money_is_told_beside_both_rules_and_for_the_teams_capacity(whole):
    text = text_of(whole)
    assert "Extra qualified accounts per 1,000 contacts +17.0" in text
    assert "2,000 contacts a month: +34 accounts a month" in text


def test_where_everybody_can_be_contacted_money_is_of_the_best_fifth():
    text = text_of(page(frames.lift_report(figures=frames.figures(accounts=1500, conversions=240))))
    assert "the team's 2,000 contacts would reach all 1,500" in text


def test_every_question_of_a_sceptic_is_asked_and_answered(whole):
    read = Page(whole)
    asked = [e for e in read.all("summary") if e.text.endswith("?")]
    assert len(asked) >= 15
    text = text_of(whole)
    for what in (
        "trained on",
        "rank by the model itself",
        "next month",
        "chance, or a leak",
        "left out",
        "several times",
    ):
        assert what in text


def test_tiers_that_have_everybody_in_one_class_are_told_where_they_can_rank():
    everybody = frames.classes().with_columns(
        pl.when(pl.col("label") == "none").then(1.0).otherwise(0.0).alias("account_share")
    )
    against_motion = frames.verdicts().with_columns((pl.col("versus") == "motion").alias("deciding"))
    text = text_of(page(frames.lift_report(classes=everybody, verdicts=against_motion)))
    assert "Segments or sales motion" in text
    assert "Tiers as they are have 100.0 % of these accounts in one class: they cannot order them" in text
    assert "Among all eligible accounts: Segments rank the accounts that convert higher than tiers" in text


def test_a_verdict_without_enough_data_says_why_a_months_interval_is_not_enough():
    early = frames.verdicts("not enough data").with_columns(pl.lit(0.999985).alias("confidence"))
    assert "look 2 has to be 99.9985 % sure" in text_of(page(frames.lift_report(verdicts=early)))
    assert "has to be" not in text_of(page(frames.lift_report()))


def test_words_stand_out_from_their_ground_in_both_themes(whole):
    """At least 4.5 to 1, as WCAG 2.2 asks of text."""
    (style,) = Page(whole).all("style")
    light, dark = style.text.split("prefers-color-scheme: dark")[:2]
    for theme in (light, dark.split("@page")[0]):
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", theme))
        for ink in ("ink", "muted", "link", "bad"):
            for ground in ("paper", "raised"):
                bright, dim = sorted((_luminance(colours[one]) for one in (ink, ground)), reverse=True)
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
