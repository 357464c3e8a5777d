"""Epochs over the API: owners only; a new printed key is shown once and opens the kit."""

import base64

from keepsight.core.secret import Secret
from keepsight.hub.recover import open_kit


async def test_an_owner_sees_and_rolls_the_epoch(home):
    async with home.browser() as ann:
        before = await ann.get("/api/epochs")
        assert before["epoch"] == 1
        assert before["kit_follows"]
        assert before["due_us"] - before["started_us"] == 30 * 24 * 3600 * 1_000_000
        after = (await ann.ask("POST", "/api/epochs", {"reason": "suspected_loss"})).json()
        assert after["epoch"] == 2
        assert (await ann.ask("POST", "/api/epochs", {"reason": "because"})).status == 422


async def test_a_new_recovery_kit_opens_with_its_printed_key(home):
    async with home.browser() as ann:
        made = (await ann.ask("POST", "/api/recovery-kit", {})).json()
        await ann.ask("POST", "/api/epochs", {})
        newest = base64.b64decode((await ann.get("/api/recovery-kit"))["file"])
        assert open_kit(newest, Secret(made["identity"])).epoch == 2


async def test_without_signing_in_nothing_is_told(home):
    async with home.browser(is_signed_in=False) as stranger:
        for method, path in (
            *(("GET", "/api/epochs"), ("POST", "/api/epochs")),
            *(("GET", "/api/recovery-kit"), ("POST", "/api/recovery-kit")),
        ):
            body = {} if method == "POST" else None
            assert (await stranger.ask(method, path, body)).status == 401, (method, path)
