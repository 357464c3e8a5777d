"""Goal: decoding times grow and precede display. Method: known picture structures, hypothesis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.reorder import DEPTH_MAX, DecodeOrder

PLAIN = list(range(0, 900, 10))
ONE_B_ROW = [0] + [base + offset for base in range(0, 900, 30) for offset in (30, 10, 20)]
PYRAMID = [0] + [base + offset for base in range(0, 900, 40) for offset in (40, 20, 10, 30)]


@pytest.mark.parametrize(("order", "depth"), [(PLAIN, 0), (ONE_B_ROW, 1), (PYRAMID, 2)])
def test_announced_reordering_gives_sorted_times(order, depth):
    decode = DecodeOrder(can_learn=True)
    decode.set_depth(depth)
    found = [decode.decode_ticks(ticks) for ticks in order]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert found[depth:] == sorted(order)[: len(order) - depth]
    assert all(at <= shown for at, shown in zip(found, order, strict=True))


@pytest.mark.parametrize(("order", "depth"), [(ONE_B_ROW, 1), (PYRAMID, 2)])
def test_reordering_that_nobody_announced_is_learnt(order, depth):
    decode = DecodeOrder(can_learn=True)
    found = [decode.decode_ticks(ticks) for ticks in order]
    assert found[20:] == sorted(order)[20 - depth : len(order) - depth]


def test_sound_is_never_reordered():
    decode = DecodeOrder(can_learn=False)
    assert [decode.decode_ticks(ticks) for ticks in (3, 1, 7)] == [3, 4, 7]


@given(st.lists(st.integers(0, 2**40)))
def test_any_order_holds_bounded_memory(order):
    decode = DecodeOrder(can_learn=True)
    for ticks in order:
        decode.decode_ticks(ticks)
        assert len(decode._held) <= DEPTH_MAX
