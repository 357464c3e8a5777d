"""Grants in requests: bounded, and refused where they make no sense; against a real hub."""

import pytest
from pydantic import ValidationError

from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.api.grants import GrantBody, HoursBody, read_grants
from keepsight.hub.grant import Capability


def owner(home):
    return Caller(home.household, None, None)


async def test_a_grant_is_read_as_it_is_written(home):
    now = home.hub.clock.wall_us()
    hours = HoursBody(weekdays=[0, 1], start_minute=480, end_minute=1020)
    body = GrantBody(capabilities=["live", "still"], until_us=now + 10**9, hours=[hours])
    (found,) = read_grants([body], owner(home))
    assert found.camera_id is None
    assert found.capabilities == {Capability.LIVE, Capability.STILL}
    assert found.from_us >= now
    assert found.hours[0].weekdays == {0, 1}
    assert found.granted_by == bytes(16)


async def test_a_camera_that_is_not_there_and_an_end_in_the_past_are_refused(home):
    cases = ({"camera": "ab" * 16}, 404), ({"until_us": 1}, 422)
    for more, status in cases:
        body = GrantBody(capabilities=["live"], **more)
        with pytest.raises(ApiError) as caught:
            read_grants([body], owner(home))
        assert caught.value.status == status


@pytest.mark.parametrize(
    "fields",
    [
        {"capabilities": []},
        {"capabilities": ["fly"]},
        {"capabilities": ["live"], "camera": "short"},
        {"capabilities": ["live"], "until_us": -1},
        {"capabilities": ["live"], "hours": [{"weekdays": [], "start_minute": 0, "end_minute": 1}]},
        {
            "capabilities": ["live"],
            "hours": [{"weekdays": [7], "start_minute": 0, "end_minute": 1}],
        },
        {"capabilities": ["live"], "more": True},
    ],
)
def test_what_is_no_grant_is_refused(fields):
    with pytest.raises(ValidationError):
        GrantBody(**fields)
