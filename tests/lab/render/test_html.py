"""One self-contained page: nothing fetched, nothing executed, everything said."""

import re
from html.parser import HTMLParser

from keepsight.lab.baseline import Changes
from keepsight.lab.render.html import render
from tests.lab.reported import report


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data):
        self.text += data


def page(**parts):
    found = Page()
    found.feed(render([report(**parts)]))
    return found


def test_nothing_is_fetched_and_nothing_runs():
    made = page()
    assert made.links == []
    assert not {"script", "img", "iframe", "link", "object"} & set(made.tags)
    text = render([report()])
    assert "url(" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert "@import" not in text


def test_hostile_names_are_escaped():
    assert "<script>alert" not in render([report()])
    assert "<script>alert(1)</script>" in page().text


def test_the_first_page_says_rating_findings_and_who_gets_data():
    text = page().text
    order = [text.index(part) for part in ("What matters most", "Who gets data", "The areas")]
    assert order == sorted(order)
    assert "of what is judged was seen" in text
    assert "NOT named in the policy" in text


def test_what_was_not_read_and_what_is_suppressed_is_said():
    text = page().text
    assert "Not read, and therefore not judged" in text
    assert "Suppressed, and still there" in text
    assert "Not known" in text


def test_changes_and_several_reports():
    changes = Changes(("a/b: new one",), (), (), (), is_same_rating=False)
    assert "compare findings, not points" in page(changes=changes).text
    assert render([report(), report()]).count("<article") == 2
