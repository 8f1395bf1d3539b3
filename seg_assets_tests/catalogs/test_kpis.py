"""KPIs are checked when the catalogue is read: what could not be asked is told with file, line and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seg_assets.catalogs import Catalogue, CatalogueError, default_catalogue, load_catalogue
from seg_assets.catalogs.kpi import KpiKind
from seg_assets.catalogs.kpis import columns_asked, kpis_fingerprint
from seg_assets.catalogs.load import parse_catalogue, with_kpis
from seg_assets_tests.catalogs.small import TEXT

KPIS = """\
kpis:
  - name: kept
    title: Spend kept
    description: Spend of members, a period later
    owner: "team:shop"
    kind: net_retention
    value: spend
    of: member
    periods: [month, quarter]
    direction: up
  - name: lost
    title: Lost
    description: Members who left
    owner: "team:shop"
    kind: outcome
    of: member AND activity > 10
    audiences:
      - {title: open, when: "stage = 'open'", counts: gone OR stage = 'lost'}
      - {title: others, counts: gone}
    periods: [month]
    direction: down
    leads: kept
"""
PAGE = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text(encoding="utf-8")


def small() -> Catalogue:
    return parse_catalogue(TEXT, "mine.yaml")


def refused(*changes: tuple[str, str]) -> list[str]:
    """What is told of KPIS with `changes`, a line a mistake."""
    text = KPIS
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    with pytest.raises(CatalogueError) as caught:
        with_kpis(small(), text, "kpis.yaml")
    return str(caught.value).splitlines()


def test_the_kpis_that_are_broken_here_are_sound():
    kpis = with_kpis(small(), KPIS, "kpis.yaml").kpis
    assert [(kpi.name, kpi.follows) for kpi in kpis] == [("kept", True), ("lost", True)]
    assert columns_asked(kpis) == ("activity", "member", "spend", "stage")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("of: member\n", "of: membre\n"),
            "kpis.yaml:8: 'membre' uses unknown column 'membre', did you mean 'member'?",
        ),
        (("counts: gone}", "counts: spend}"), "kpis.yaml:19: 'spend' is Float64, not true or false"),
        (("stage = 'lost'}", "stage = 'lots'}"), "kpis.yaml:18: 'stage' has no level 'lots'; did you mean 'lost'?"),
        (
            ("of: member AND", "of: NOT gone AND"),
            "kpis.yaml:16: 'NOT gone AND activity > 10' uses unknown column 'gone'",
        ),
        (("value: spend", "value: stage"), "kpis.yaml:7: 'stage' is no numeric feature of the catalogue; name one"),
        (("value: spend", "value: activity"), "kpis.yaml:7: 'activity' is no numeric feature"),
        (("    value: spend\n", ""), "kpis.yaml:2: kpis.0: net_retention 'kept' needs a value"),
        (("leads: kept", "leads: lost"), "kpis.yaml:22: 'lost' cannot lead 'lost'; name another KPI: kept"),
        (("name: lost", "name: kept"), "kpis.yaml:11: 'kept' is named twice in kpis"),
        (('"team:shop"', "shop"), "kpis.yaml:5: 'shop' is neither an e-mail address nor team:<name>"),
        (("[month, quarter]", "[month, month]"), "kpis.yaml:2: kpis.0: 'kept' names a period twice"),
        (
            ("[month, quarter]", "[weekly]"),
            "kpis.yaml:9: kpis.0.periods.0: Input should be 'month', 'quarter' or 'year'",
        ),
        (("direction: up", "directoin: up"), "kpis.0.directoin: unknown field, did you mean 'direction'?"),
    ],
)
def test_a_mistake_is_told_with_its_line(change, told):
    assert any(told in line for line in refused(change)), refused(change)


def test_all_mistakes_are_told_at_once():
    assert len(refused(("of: member\n", "of: membre\n"), ("counts: gone}", "counts: spend}"))) == 2


def test_kpis_have_a_file_of_their_own(tmp_path):
    with pytest.raises(CatalogueError, match="name that file as kpis_file"):
        parse_catalogue(TEXT + KPIS, "mine.yaml")
    (tmp_path / "mine.yaml").write_text(TEXT + "kpis_file: kpis.yaml\nfiscal_year_starts: 4\n")
    with pytest.raises(CatalogueError, match=r"kpis_file of .*mine.yaml names it, relative to that file"):
        load_catalogue(tmp_path / "mine.yaml")
    (tmp_path / "kpis.yaml").write_text(KPIS)
    catalogue = load_catalogue(tmp_path / "mine.yaml")
    assert [kpi.name for kpi in catalogue.kpis] == ["kept", "lost"]
    assert catalogue.fiscal_year_starts == 4


def test_the_default_catalogue_ships_what_the_business_asks_for():
    catalogue = default_catalogue()
    kinds = {kpi.name: kpi.kind for kpi in catalogue.kpis}
    assert kinds["net_retention"] is KpiKind.NET_RETENTION and kinds["activation"] is KpiKind.OUTCOME
    (churn,) = [kpi for kpi in catalogue.kpis if kpi.name == "churn"]
    assert len({audience.counts for audience in churn.audiences}) == 2
    assert [kpi.leads for kpi in catalogue.kpis if kpi.leads is not None]
    assert {f"`{kpi.name}`" for kpi in catalogue.kpis} <= set(re.findall("`[a-z_]+`", PAGE))


def test_kpis_fit_no_model_again():
    with_, without = with_kpis(small(), KPIS, "kpis.yaml"), small()
    assert with_.fingerprint() == without.fingerprint()
    other = with_kpis(small(), KPIS.replace("activity > 10", "activity > 11"), "kpis.yaml")
    assert kpis_fingerprint(with_.kpis) != kpis_fingerprint(other.kpis)


def test_the_example_of_the_page_can_be_copied_out_and_used():
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    catalogue = default_catalogue().model_copy(update={"kpis": ()})
    assert with_kpis(catalogue, block, "kpis.md").kpis
