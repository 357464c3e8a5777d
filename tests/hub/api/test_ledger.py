"""The ledger is shown in pages, newest first, with an honest verdict; over a real hub."""

from tests.hub.journals import verify


async def test_pages_and_how_it_stands(home):
    for number in range(30):
        await home.household.journal.record([{"type": "test", "value": number}])
    async with home.browser() as ann:
        first = await ann.get("/api/ledger", limit=10)
        assert (first["intact"], len(first["lines"])) == (True, 10)
        numbers = [line["n"] for line in first["lines"]]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] == first["count"] == verify(home.directory / "ledger.db").lines
        second = await ann.get("/api/ledger", limit=10, before=numbers[-1])
        assert second["lines"][0]["n"] == numbers[-1] - 1
        assert (await ann.get("/api/ledger", before=1))["lines"] == []
        assert (await ann.ask("GET", "/api/ledger", limit=1000)).status == 422
