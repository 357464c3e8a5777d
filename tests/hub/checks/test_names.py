"""Names that somebody else chose never leave their folder, whatever they are."""

import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.checks.names import DEPTH_MAX, clean_name, view_names

NASTY = st.text(st.sampled_from('abA./\\-_~ \x00\n\t:*?"<>|$`%é\u202e\ud800界'), max_size=120)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("app.apk", ("app.apk",)),
        ("my dossier/use.pcapng", ("my dossier", "use.pcapng")),
        ("../../etc/passwd", ("etc", "passwd")),
        ("C:\\Users\\ann\\app.apk", ("C_", "Users", "ann", "app.apk")),
        ("/a/b/c/d/e/f.txt", ("c", "d", "e", "f.txt")),
        ("--json", ("_-json",)),
        (".hidden", ("_hidden",)),
        ("...", ("unnamed",)),
        ("", ("unnamed",)),
        ("Datenschutz für Kamera.html", ("Datenschutz für Kamera.html",)),
    ],
)
def test_what_remains(name, parts):
    assert clean_name(name) == parts


def test_a_long_name_keeps_its_ending():
    (part,) = clean_name("a" * 300 + ".pcapng")
    assert len(part) == 60
    assert part.endswith(".pcapng")


@given(st.lists(st.one_of(st.text(max_size=80), NASTY), max_size=12))
def test_any_names_stay_inside_and_apart(names):
    found = view_names(names)
    for parts in found:
        assert 1 <= len(parts) <= DEPTH_MAX
        for part in parts:
            assert part not in ("", ".", "..")
            assert part[0] not in ".- "
            assert "/" not in part
            assert part.isprintable() or not part.isascii()
            assert len(os.fsencode(part)) <= 255
        assert not PurePosixPath(*parts).is_absolute()
    folded = [tuple(part.casefold() for part in parts) for parts in found]
    assert len(set(folded)) == len(names)
    for one in folded:
        assert not any(other != one and other[: len(one)] == one for other in folded)
