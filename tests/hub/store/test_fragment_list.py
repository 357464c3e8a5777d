"""Goal: the blob gives back what went in and stays small. Method: round trips, Hypothesis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.recording import FragmentRef
from keepsight.hub.store.fragment_list import pack_fragments, unpack_fragments
from keepsight.seal.header import Kind

START_US = 1_780_000_000_000_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Kind.INIT, Kind.STILL, Kind.GOP]),
            st.integers(START_US - 10**9, START_US + 10**10),
            st.integers(0, 1 << 27),
        ),
        max_size=200,
    )
)
def test_round_trip(entries):
    fragments = tuple(FragmentRef(n, *entry) for n, entry in enumerate(entries))
    assert unpack_fragments(pack_fragments(fragments, START_US), START_US) == fragments


def test_a_minute_of_two_second_groups_takes_about_400_bytes():
    fragments = [FragmentRef(0, Kind.INIT, START_US, 900)]
    for group in range(30):
        at_us = START_US + group * 2_000_000 + 137 * group
        fragments += [
            FragmentRef(len(fragments), Kind.STILL, at_us, 130_000),
            FragmentRef(len(fragments) + 1, Kind.GOP, at_us + 50_011, 900_000),
        ]
    assert len(pack_fragments(fragments, START_US)) < 430


def test_other_kinds_and_holes_in_the_numbers_are_refused():
    for ref in (FragmentRef(0, Kind.EXPORT, 0, 1), FragmentRef(1, Kind.GOP, 0, 1)):
        with pytest.raises(ValueError, match="numbered from 0"):
            pack_fragments([ref], 0)
