"""Goal: binary XML gives the elements that were written, by id; lies are refused. Method: both."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lab.read.axml import parse
from keepsight.lab.read.limits import XML_DEPTH_MAX, UnreadableArtefact
from tests.lab.synthetic.xml import Node, Ref, write

DOCUMENT = Node("manifest", {"package": "org.example", "versionCode": 7}, [
    Node("application", {"debuggable": True, "name": Ref(0x7F010001)}, [Node("activity")]),
    Node("text", text="hello"),
])  # fmt: skip


@pytest.mark.parametrize("utf8", [False, True])
def test_elements_and_attributes(utf8):
    root, application, activity, text = parse(write(DOCUMENT, utf8=utf8))
    assert root.by_name["package"].text == "org.example"
    assert root.get(0x0101021B, "versionCode").number() == 7
    assert application.get(0x0101000F, "debuggable").flag() is True
    assert application.by_id[0x01010003].is_reference
    assert (activity.parent, activity.depth) == (application, 2)
    assert text.text == "hello"


def test_the_id_counts_and_not_the_name():
    data = write(DOCUMENT).replace(
        "debuggable".encode("utf-16-le"), "xebuggable".encode("utf-16-le")
    )
    application = parse(data)[1]
    assert application.get(0x0101000F, "debuggable").flag() is True


def test_without_a_map_of_ids_names_count():
    (root,) = parse(write(Node("pin-set", {"expiration": "2030-01-01"}), ids=False))
    assert root.by_name["expiration"].text == "2030-01-01"


def test_values_of_other_kinds_are_not_guessed():
    root = parse(write(Node("a", {"x": "maybe", "y": "12", "z": -1}), ids=False))[0]
    assert root.by_name["x"].flag() is None
    assert root.by_name["x"].number() is None
    assert root.by_name["y"].number() == 12
    assert root.by_name["z"].number() == -1
    assert Ref(1).number == 1


def test_deep_nesting_is_refused_without_recursion():
    deep = Node("a")
    for _ in range(XML_DEPTH_MAX + 1):
        deep = Node("a", {}, [deep])
    with pytest.raises(UnreadableArtefact, match="deeply"):
        parse(write(deep))


def test_every_truncation_is_refused():
    whole = write(DOCUMENT)
    for length in range(len(whole)):
        with pytest.raises(UnreadableArtefact):
            parse(whole[:length])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 10_000), st.integers(0, 255))
def test_changed_bytes_are_read_or_refused(first, one, second, two):
    data = bytearray(write(DOCUMENT))
    data[first % len(data)] = one
    data[second % len(data)] = two
    with contextlib.suppress(UnreadableArtefact):
        parse(bytes(data))


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    with pytest.raises(UnreadableArtefact):
        parse(data)


def test_text_that_lies_on_top_of_itself_is_refused():
    """A file of megabytes whose many attributes all name the same long string."""
    long = Node("a", {f"n{number}": "x" * 30_000 for number in range(900)})
    many = Node("root", {}, [long] * 4)
    with pytest.raises(UnreadableArtefact, match="again and again"):
        parse(write(many, ids=False))
