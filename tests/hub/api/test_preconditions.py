"""Goal: a tag names what is there, and a request with another one changes nothing.

Method: headers as RFC 9110 writes them, right and wrong ones.
"""

import pytest

from keepsight.hub.api.preconditions import changed_meanwhile, is_met, tag_of

DOCUMENT = {"a": 1, "b": [0.5, "x"]}
TAG = tag_of(DOCUMENT)


def test_a_tag_is_of_the_content_alone():
    assert tag_of({"b": (0.5, "x"), "a": 1}) == TAG
    assert tag_of({**DOCUMENT, "a": 2}) != TAG
    assert (TAG[0], TAG[-1], len(TAG)) == ('"', '"', 34)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, True),
        ("*", True),
        (" * ", True),
        (TAG, True),
        (f'"other", {TAG}', True),
        (f'"with,comma",{TAG}', True),
        (f"W/{TAG}", False),
        ('"other"', False),
        ("", False),
        (TAG.strip('"'), False),
        ("nonsense", False),
        ('"*"', False),
    ],
)
def test_strong_comparison(header, expected):
    assert is_met(header, DOCUMENT) is expected


def test_the_answer_says_what_to_do():
    error = changed_meanwhile()
    assert (error.status, error.code) == (412, "changed_meanwhile")
    assert "read it again" in error.message
