"""The control connection passes on what the hub says, and starts one where none runs; for real."""

import pytest

from keepsight.core.secret import Secret
from keepsight.serve.control import ControlError, open_control
from keepsight.serve.installation import add_household
from tests.home import running_hub, set_up


async def test_answers_and_refusals(tmp_path, cheap_argon2):
    place = add_household(tmp_path / "data").places[0]
    async with running_hub(place.directory) as home:
        await set_up(home)
        async with open_control(place) as control:
            assert await control.ask("GET", "/api/cameras") == []
            with pytest.raises(ControlError, match="rtsp://") as caught:
                await control.ask("POST", "/api/cameras", {"url": "x", "name": "y"})
            assert caught.value.code == "bad_url"


async def test_a_hub_is_started_for_the_occasion_and_stopped_after(tmp_path):
    place = add_household(tmp_path / "data").places[0]
    async with open_control(place) as control:
        assert (await control.ask("GET", "/api/hello"))["state"] == "unclaimed"
        with pytest.raises(ControlError) as caught:
            await control.ask("GET", "/api/cameras")
        assert caught.value.code == "unclaimed"
    async with running_hub(place.directory) as home:  # the lock is free again
        assert home.hub.state.value == "unclaimed"


async def test_a_wrong_passphrase_is_said(tmp_path, cheap_argon2, monkeypatch):
    place = add_household(tmp_path / "data").places[0]
    async with running_hub(place.directory) as home:
        await set_up(home, starts_unattended=False)
    with pytest.raises(ControlError, match="does not open"):
        async with open_control(place, Secret("wrong")):
            pass
