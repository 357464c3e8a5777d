"""Settings are changed, named when wrong, and the household can be renamed; over a real hub."""


async def test_settings_and_names(home):
    async with home.browser() as ann:
        changed = {"retention_days": 7, "language": "de", "household_name": "Zuhause"}
        assert (await ann.ask("PATCH", "/api/settings", changed)).json() == {
            "retention_days": 7,
            "free_bytes_min": 5_000_000_000,
            "language": "de",
            "household_name": "Zuhause",
        }
        assert (await ann.get("/api/hello"))["household"]["name"] == "Zuhause"
        bad = await ann.ask("PATCH", "/api/settings", {"retention_days": 0})
        assert (bad.status, bad.json()["fields"]["where"]) == (422, "retention_days")
