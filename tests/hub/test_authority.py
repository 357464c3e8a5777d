"""The one decision: owners pass, others need a grant, nobody passes a suspension."""

from dataclasses import replace

import pytest

from keepsight.hub.authority import decide
from keepsight.hub.grant import Capability, Grant
from keepsight.hub.member import Role
from keepsight.hub.suspension import Attempt, Suspension

NOW_US = 150
ATTEMPT = Attempt(b"c" * 16, "Acme", "A1", Capability.LIVE, b"m" * 16, b"d" * 16, "", "localhost")
GRANT = Grant(b"g" * 16, b"m" * 16, b"c" * 16, frozenset({Capability.LIVE}), 0, None, (), bytes(16))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.GUEST, Role.DISPLAY])
def test_nobody_but_the_owner_has_anything_without_a_grant(role):
    assert not decide(role, ATTEMPT, (), (), NOW_US).is_allowed
    assert decide(role, ATTEMPT, (GRANT,), (), NOW_US).is_allowed
    other = replace(ATTEMPT, capability=Capability.PLAYBACK)
    assert not decide(role, other, (GRANT,), (), NOW_US).is_allowed


def test_the_owner_needs_no_grant():
    assert decide(Role.OWNER, ATTEMPT, (), (), NOW_US).is_allowed


@pytest.mark.parametrize("role", list(Role))
def test_a_suspension_stops_everybody_and_is_named(role):
    rule = Suspension(b"s" * 16, "recall", 100, None, bytes(16), vendor="acme")
    decision = decide(role, ATTEMPT, (GRANT,), (rule,), NOW_US)
    assert not decision.is_allowed
    assert decision.suspension is rule
    assert decide(role, ATTEMPT, (GRANT,), (rule,), 99).is_allowed


def test_a_stranger_to_the_camera_does_not_learn_of_its_suspension():
    rule = Suspension(b"s" * 16, "recall", 100, None, bytes(16), vendor="acme")
    assert decide(Role.GUEST, ATTEMPT, (), (rule,), NOW_US).suspension is None
