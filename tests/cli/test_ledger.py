"""`keepsight ledger …`: whether it is what it was, and who could see what; as processes."""

from tests.cli.command import keepsight
from tests.hub.journals import flip


async def test_the_ledger_is_verified_beside_a_running_hub(installed):
    data, home = installed
    await home.household.journal.record([{"type": "test"}])
    good = await keepsight("ledger", "verify", "--data", data)
    assert (good.status, good.out.startswith("intact: ")) == (0, True)
    flip(home.directory / "ledger.db", 1)
    bad = await keepsight("ledger", "verify", "--data", data, "--json")
    assert (bad.status, bad.json["intact"], bad.json["broken_at"]) == (1, False, 1)
