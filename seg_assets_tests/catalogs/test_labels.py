"""Labels are checked when the catalogue is read: what could not be asked is told with file, line and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seg_assets.catalogs import Catalogue, CatalogueError, default_catalogue, load_catalogue
from seg_assets.catalogs.labels import labels_fingerprint
from seg_assets.catalogs.load import parse_catalogue, with_labels
from seg_assets_tests.catalogs.small import TEXT

LABELS = """\
labels:
  - name: rich
    title: Rich
    description: Spends much
    owner: "team:shop"
    priority: 10
    when: spend >= 100 AND stage = 'open'
    action: Call them
  - name: busy
    title: Busy
    description: Active and rich
    owner: "team:shop"
    priority: 20
    when: activity > 50 AND rich AND NOT COALESCE(member, FALSE)
"""
PAGE = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
RICH, BUSY = "spend >= 100 AND stage = 'open'", "activity > 50 AND rich AND NOT COALESCE(member, FALSE)"


def small() -> Catalogue:
    return parse_catalogue(TEXT, "mine.yaml")


def refused(*changes: tuple[str, str]) -> list[str]:
    """What is told of LABELS with `changes`, a line a mistake."""
    text = LABELS
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    with pytest.raises(CatalogueError) as caught:
        with_labels(small(), text, "labels.yaml")
    return str(caught.value).splitlines()


def test_the_labels_that_are_broken_here_are_sound():
    labels = with_labels(small(), LABELS, "labels.yaml").labels
    assert [(label.name, label.priority, label.action) for label in labels] == [
        ("rich", 10, "Call them"),
        ("busy", 20, None),
    ]


def test_the_default_catalogue_ships_eight_labels_with_owner_and_action():
    labels = default_catalogue().labels
    assert {label.name for label in labels} == {
        "high_value",
        "new_trial",
        "renewal_risk",
        "high_intent_no_opportunity",
        "lapsed",
        "regulated_enterprise",
        "expansion_ready",
        "price_sensitive",
    }
    assert all(label.action and label.owner and label.description for label in labels)
    assert len({label.priority for label in labels}) == 8


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("spent >= 100", "'spent >= 100' uses unknown column 'spent', did you mean 'spend'?"),
        ("spend >= 'much'", "cannot be asked: cannot compare string with numeric"),
        ("spend", "is Float64, not true or false; compare it with something"),
        ("spend >= = 1", "is not a SQL expression"),
        ("member > 0", "'member' in 'member > 0' is true or false, not a number; ask a number"),
        ("stage > 'lost'", "is a text, not a number; texts have no order: list the levels by IN"),
        ("stage = 'opn'", "'stage' has no level 'opn'; did you mean 'open'?"),
        ("tier IN ('A', 'E')", "'tier' has no level 'E'; it has A, B, C, D, none"),
        ("spend > 12 * 1000", "'12 * 1000' is the same for every account; write the number that it gives"),
        ("UPPER(stage) = 'OPEN'", "'UPPER(stage)' is not understood; labels are written with AND, OR, NOT"),
        ("spend IN (visits, 3)", "IN takes a list of values"),
        ("visits > 1 AND unusual", "uses unknown column 'unusual'"),
        ("CASE WHEN member THEN TRUE END", "is not understood; labels are written with"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_told_with_its_line(when, message):
    (told,) = refused((RICH, when))
    assert told.startswith("labels.yaml:7: ")
    assert message in told


@pytest.mark.parametrize(
    "when",
    [
        "intent >= 66 OR intent IS NULL AND activity BETWEEN 60 AND 100",
        "tier = 'A' AND segment_id IN ('SEG-01', 'SEG-12')",
        "spend / visits > 3.5 AND stage NOT IN ('lost')",
        "NOT member AND -spend < -0.5",
        "member = (stage = 'open')",
    ],
)
def test_labels_may_ask_features_indices_intent_tier_and_segment(when):
    labels = with_labels(small(), LABELS.replace(RICH, when), "labels.yaml").labels
    assert labels[0].when == when


def test_labels_in_a_circle_are_told_with_the_way_round():
    (told,) = refused((RICH, "busy AND spend > 3"))
    assert told == (
        "labels.yaml:7: rich asks busy asks rich: labels cannot be built on themselves; take one of these out"
    )
    (told,) = refused((BUSY, "busy OR spend > 3"))
    assert told.startswith("labels.yaml:14: busy asks busy: ")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("name: busy", "name: rich")], "labels.yaml:9: 'rich' is named twice in labels; rename one, or take it out"),
        ([("name: busy", "name: visits")], "labels.yaml:9: label 'visits' has the name of a feature; rename the label"),
        ([("name: busy", "name: activity")], "labels.yaml:9: label 'activity' has the name of an index"),
        ([("name: busy", "name: tier")], "labels.yaml:9: label 'tier' has the name of a column that the tables need"),
        ([("name: busy", "name: segment")], "labels.yaml:9: label 'segment' has the name of what wins where no label"),
        ([("priority: 20", "priority: 10")], "labels.yaml:13: priority 10 is that of 'rich' too; give each its own"),
        ([("priority: 20", "prority: 20")], "labels.yaml:13: labels.1.prority: unknown field, did you mean 'priority'"),
        ([("priority: 20", "priority: high")], "labels.yaml:13: labels.1.priority: Input should be a valid integer"),
        ([("owner: ", "owner: nobody #")], "labels.yaml:5: labels.0.owner: 'nobody' is neither an e-mail address"),
    ],
)
def test_names_priorities_and_fields_are_told_with_their_lines(changes, told):
    assert any(line.startswith(told) for line in refused(*changes))


def test_every_mistake_is_told_at_once():
    told = refused((RICH, "spent > 1"), (BUSY, "visit > 1"), ("priority: 20", "priority: 10"))
    assert [line.split(":")[1] for line in told] == ["7", "13", "14"]


def test_too_many_labels_are_refused():
    one = "  - {{name: l{0}, title: t, description: d, owner: 'team:a', priority: {0}, when: member}}\n"
    text = "labels:\n" + "".join(one.format(number) for number in range(61))
    with pytest.raises(CatalogueError, match=r"labels.yaml:1: 61 labels, at most 60 are possible"):
        with_labels(small(), text, "labels.yaml")


def test_a_file_of_labels_is_found_beside_the_catalogue(tmp_path: Path):
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text(TEXT.replace("name_features", "labels_file: sub/labels.yaml\nname_features"))
    with pytest.raises(CatalogueError, match=r"sub/labels.yaml: No such file or directory; labels_file of .* names it"):
        load_catalogue(catalogue)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "labels.yaml").write_text(LABELS)
    assert [label.name for label in load_catalogue(catalogue).labels] == ["rich", "busy"]
    (tmp_path / "sub" / "labels.yaml").write_text("- name: rich\n")
    with pytest.raises(CatalogueError, match=r"labels.yaml:1: a file of labels is a mapping with a list called labels"):
        load_catalogue(catalogue)


def test_labels_within_the_catalogue_are_sent_to_a_file_of_their_own():
    text = TEXT + LABELS
    with pytest.raises(CatalogueError, match=rf"mine.yaml:{TEXT.count(chr(10)) + 1}: labels are read from a file"):
        parse_catalogue(text, "mine.yaml")


def test_a_change_of_labels_fits_nothing_again():
    catalogue = small()
    labelled = with_labels(catalogue, LABELS, "labels.yaml")
    assert labelled.fingerprint() == catalogue.fingerprint()
    assert labels_fingerprint(labelled.labels) != labels_fingerprint(())


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("spend >= 100", "spend >= 101", False),
        ("Call them", "Write to them", False),
        ("priority: 20", "priority: 5", False),
        ("name: busy", "name: eager", False),
        ("Spends much", "Spends a lot", True),
        ("team:shop", "team:store", True),
    ],
)
def test_scores_follow_what_they_hold_of_the_labels(old, new, same):
    before, after = (with_labels(small(), text, "l.yaml").labels for text in (LABELS, LABELS.replace(old, new, 1)))
    assert (labels_fingerprint(before) == labels_fingerprint(after)) == same
    assert labels_fingerprint(before) == labels_fingerprint(tuple(reversed(before)))


def test_the_example_of_the_page_can_be_copied_out_and_used():
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    labels = with_labels(default_catalogue(), block, "labels.md").labels
    assert [label.name for label in labels] == ["renewal_risk", "large_renewal_risk", "worth_a_look"]
    assert labels[2].action is None


def test_the_page_tells_of_every_label_that_ships():
    for label in default_catalogue().labels:
        row = rf"^\| {label.priority} \| {label.title.lower()} \| .* \| {label.owner[5:].replace('-', ' ')} \|$"
        assert re.search(row, PAGE, flags=re.MULTILINE), label.name
