"""Suspicion: goal: one camera cannot blind the others for long; method: watchers that crash
whenever they look at a culprit, until they no longer do."""

from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.watch.suspicion import CRASHES, CRASHES_US, HELD_US, Suspicion

CAMERAS = [bytes([number]) * 16 for number in range(40)]
STEP_US = 5_000_000


def live(suspicion, cameras, culprits, rounds, now_us=0):
    """Start watchers one after the other; how many crashed, and when it is."""
    crashes = 0
    for _ in range(rounds):
        now_us += STEP_US
        looked_at = set(cameras) - suspicion.held(now_us)
        if looked_at & set(culprits):
            crashes += 1
            suspicion.crashed(looked_at, now_us)
        else:
            suspicion.held_out(now_us)
    return crashes, now_us


def test_a_crash_now_and_then_accuses_nobody():
    suspicion = Suspicion()
    for number in range(20):
        suspicion.crashed(CAMERAS, number * CRASHES_US)
        assert suspicion.held(number * CRASHES_US) == frozenset()


def test_the_only_camera_is_the_culprit_and_gets_another_try():
    suspicion = Suspicion()
    for number in range(CRASHES):
        assert suspicion.held(number) == frozenset()
        suspicion.crashed(CAMERAS[:1], number)
    assert suspicion.held(CRASHES) == {CAMERAS[0]}
    assert suspicion.is_culprit(CAMERAS[0])
    assert suspicion.held(CRASHES + HELD_US) == frozenset()
    assert not suspicion.is_culprit(CAMERAS[0])


@given(st.integers(1, 40), st.data())
def test_one_culprit_is_found_and_nobody_else_stays_out(count, data):
    cameras = CAMERAS[:count]
    culprit = data.draw(st.sampled_from(cameras))
    suspicion = Suspicion()
    crashes, now_us = live(suspicion, cameras, [culprit], 12)
    assert suspicion.held(now_us) == {culprit}
    assert crashes <= CRASHES + 6
    more, _ = live(suspicion, cameras, [culprit], 10, now_us)
    assert more == 0


@given(st.integers(2, 40), st.data())
def test_two_culprits_are_found_one_after_the_other(count, data):
    cameras = CAMERAS[:count]
    culprits = data.draw(st.lists(st.sampled_from(cameras), min_size=2, max_size=2, unique=True))
    suspicion = Suspicion()
    _, now_us = live(suspicion, cameras, culprits, 30)
    assert suspicion.held(now_us) == set(culprits)


def test_who_is_not_to_blame_at_all_is_not_left_out_for_long():
    suspicion = Suspicion()
    for number in range(CRASHES):  # it crashed for reasons of its own
        suspicion.crashed(CAMERAS, number)
    _, now_us = live(suspicion, CAMERAS, [], 10)
    assert len(suspicion.held(now_us)) <= 1
    assert suspicion.held(now_us + HELD_US) == frozenset()


def test_an_owner_who_changes_something_gets_another_try():
    suspicion = Suspicion()
    for number in range(CRASHES):
        suspicion.crashed(CAMERAS[:4], number)
    (held, *_) = suspicion.held(CRASHES)
    suspicion.forget(held)
    assert held not in suspicion.held(CRASHES)
    suspicion.crashed([held], CRASHES + 1)  # nobody of the suspects: it begins anew
    assert suspicion.held(CRASHES + 2) == frozenset()
