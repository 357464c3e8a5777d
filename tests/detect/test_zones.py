"""Rules: goal: what the owner drew and set is what counts; method: points, boxes and hours."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.sight import Box, Detection
from keepsight.detect.zones import (
    RuleError,
    Rules,
    Span,
    counts,
    holds,
    is_scheduled,
    read_rules,
    sure_confidence,
    zones_of,
)

DOOR = [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 1]]


def us(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def test_a_polygon_holds_what_is_inside_it_even_if_it_is_not_convex():
    star = ((0, 0), (1, 0), (0.5, 0.5), (1, 1), (0, 1))
    assert holds(star, (0.2, 0.5))
    assert not holds(star, (0.9, 0.5))


def test_who_stands_in_a_zone_is_in_it_by_the_feet():
    rules = read_rules({"zones": [{"name": "door", "points": DOOR, "kinds": ["person"]}]})
    assert zones_of(rules, "person", Box(0.6, 0.1, 0.7, 0.9)) == ("door",)
    assert zones_of(rules, "person", Box(0.6, 0.1, 0.7, 1.0)) == ("door",)
    assert zones_of(rules, "person", Box(0.6, 0.1, 0.7, 0.4)) == ()
    assert zones_of(rules, "vehicle", Box(0.6, 0.1, 0.7, 0.9)) == ()


def test_what_counts():
    rules = read_rules({"kinds": ["person"], "min_area": 0.02, "masks": [DOOR]})
    assert counts(rules, Detection("person", 0.9, Box(0.1, 0.1, 0.3, 0.4)))
    assert not counts(rules, Detection("dog", 0.9, Box(0.1, 0.1, 0.3, 0.4)))
    assert not counts(rules, Detection("person", 0.9, Box(0.1, 0.1, 0.2, 0.2)))
    assert not counts(rules, Detection("person", 0.9, Box(0.6, 0.6, 0.9, 0.9)))


def test_hours_of_the_week_also_over_midnight():
    night = {"days": [4], "begin": "22:00", "end": "06:00"}
    rules = read_rules({"schedule": [night, {"days": [0], "begin": "12:30", "end": "13:00"}]})
    assert is_scheduled(rules, us("2026-05-01 23:00"), UTC)  # a Friday
    assert is_scheduled(rules, us("2026-05-02 05:59"), UTC)
    assert not is_scheduled(rules, us("2026-05-02 06:00"), UTC)
    assert not is_scheduled(rules, us("2026-05-02 23:00"), UTC)
    assert is_scheduled(rules, us("2026-05-04 12:45"), UTC)
    assert is_scheduled(Rules(), us("2026-05-04 03:00"), UTC)
    assert Span(frozenset({6}), 0, 1440).holds(6, 1439)


def test_the_owners_confidence_is_for_people():
    rules = read_rules({"person_confidence": 0.8})
    assert sure_confidence(rules, "person", 0.5) == 0.8
    assert sure_confidence(rules, "dog", 0.5) == 0.5


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"kinds": "person"}, "kinds"),
        ({"zones": [{"name": "a", "points": DOOR[:2]}]}, "points"),
        ({"zones": [{"name": "", "points": DOOR}]}, "name"),
        ({"zones": [{"name": "a", "points": [[0, 0], [2, 0], [1, 1]]}]}, "0 to 1"),
        ({"zones": [3]}, "object"),
        ({"masks": [[[0, 0], [1], [1, 1]]]}, "point"),
        ({"masks": [[[0, 0], [float("nan"), 0], [1, 1]]]}, "0 to 1"),
        ({"min_area": True}, "min_area"),
        ({"cooldown_seconds": -1}, "cooldown"),
        ({"schedule": [{"days": [7]}]}, "days"),
        ({"schedule": [{"begin": "25:00"}]}, "HH:MM"),
        ({"zones": [{"name": "a", "points": DOOR}] * 33}, "at most"),
    ],
)
def test_rules_that_make_no_sense_are_refused_in_words(document, says):
    with pytest.raises(RuleError, match=says):
        read_rules(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["kinds", "zones", "masks", "min_area", "schedule", "cooldown_seconds"]),
        JSON,
    )
)
def test_any_json_is_rules_or_a_rule_error(document):
    with contextlib.suppress(RuleError):
        assert isinstance(read_rules(document), Rules)
