"""Pictures are valid XML, escape their texts, and show what is unknown as unknown."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from keepsight.lab.recipients import recipients_of
from keepsight.lab.render import picture
from keepsight.lab.render.words import AREA_NAMES
from tests.lab.reported import facts, report


@pytest.mark.parametrize("score", [None, 0, 44, 45, 75, 100])
def test_the_ring(score):
    ET.fromstring(picture.ring(score))
    assert ("not rated" in picture.ring(score)) == (score is None)


def test_the_bars_show_areas_that_were_not_judged():
    text = picture.area_bars(report().verdict.areas, AREA_NAMES)
    ET.fromstring(text)
    assert "not judged" in text


def test_the_map_escapes_and_is_bounded():
    rows = recipients_of(facts())
    hostile = tuple(replace(rows[0], owner=f"<script>{n}</script>") for n in range(30))
    text = picture.flow_map(hostile)
    ET.fromstring(text)
    assert "<script>" not in text
    assert "and 18 more" in text
    assert picture.flow_map(()) == ""


def test_contained_and_silent_is_dashed():
    rows = [row for row in recipients_of(facts()) if row.owner == "Tencent"]
    assert "stroke-dasharray" in picture.flow_map(tuple(rows))
    assert "in the app, not observed" in picture.flow_notes(rows[0])


@pytest.mark.parametrize("ease", [-20, 0, 42, 100, 130])
def test_the_gauge(ease):
    ET.fromstring(picture.reading_gauge(ease, "college"))
    ET.fromstring(picture.comparison_bars([("a & b", 4), ("c", None)]))
