"""First run over HTTP: code, passphrase, keys, first device; over a real hub."""

from tests.home import PASSPHRASE, running_hub


async def test_setting_up_over_http(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / ("6f" * 16)
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as browser:
        assert (await browser.get("/api/hello"))["state"] == "unclaimed"
        assert (await browser.ask("GET", "/api/cameras")).json()["error"] == "unclaimed"
        weak = await browser.ask(
            "POST",
            "/api/setup/passphrase",
            {"passphrase": "annannannannann", "context": ["Ann"]},
        )
        assert not weak.json()["accepted"]
        body = {
            "code": "0000-0000",
            "household": "Home",
            "member": "Ann",
            "passphrase": "short",
            "starts_unattended": True,
            "device": browser.device,
        }
        assert (await browser.ask("POST", "/api/setup", body)).json()["error"] == "wrong_setup_code"
        body["code"] = home.hub.setup_code.reveal()
        assert (await browser.ask("POST", "/api/setup", body)).json()["error"] == "weak_passphrase"
        body["passphrase"] = PASSPHRASE
        made = (await browser.ask("POST", "/api/setup", body)).json()
        assert made["recovery"]["identity"].startswith("AGE-SECRET-KEY-")
        assert (await browser.get("/api/session"))["member"] == "Ann"
        assert (await browser.get("/api/session"))["device_id"] == made["device_id"]


async def test_a_browser_without_session_learns_whether_it_was_removed(home):
    async with home.browser() as ann, home.browser() as phone:
        assert (await phone.get("/api/hello", device=phone.device_id))["device"] == "enrolled"
        assert (await phone.get("/api/hello"))["device"] is None
        assert (await ann.ask("DELETE", f"/api/devices/{phone.device_id}")).status == 204
        answer = await phone.ask("GET", "/api/hello", device=phone.device_id)
        assert answer.json()["device"] == "removed"
        assert "Clear-Site-Data" not in answer.headers, "it may know better than this hub"
        last = {"device": phone.device_id, "forget": "true"}
        answer = await phone.ask("GET", "/api/hello", **last)
        assert '"cache"' in answer.headers["Clear-Site-Data"]
        known = answer.json()["membership"]
        assert phone.device_id not in known["state"]
        assert len(known["entries"]) > 3
        after = await phone.get("/api/hello", device=phone.device_id, after=3)
        assert len(after["membership"]["entries"]) == len(known["entries"]) - 3
        assert (await phone.ask("GET", "/api/hello", device="zz")).status == 422


async def test_a_stranger_with_a_made_up_device_does_not_see_who_belongs_to_the_household(home):
    async with home.browser(is_signed_in=False) as stranger:
        hello = await stranger.get("/api/hello", device="ab" * 16, after=0)
        assert hello["membership"] is None
