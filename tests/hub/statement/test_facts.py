"""The facts are those of the open household, and a reader is told of their own cameras only."""

from dataclasses import replace

from keepsight.hub.camera import RecordingRule
from keepsight.hub.statement.facts import gather_facts
from tests.home import simulated_camera


async def test_the_facts_follow_what_is_switched_on(home, clip):
    before = gather_facts(home.household)
    assert (before.owners, before.cameras, before.outside) == (("Ann",), (), ())
    assert before.is_whole
    assert before.starts_unattended
    async with simulated_camera(clip) as camera:
        hall = await home.add_camera(camera.url, room="Ground floor")
        cellar = await home.add_camera(camera.url, name="Cellar")
        off = {"rule": {"is_recording": False, "retention_days": None, "bytes_max": None}}
        await home.control.ask("PATCH", f"/api/cameras/{cellar['id']}", off)
        await home.household.egress.allow("mail", "mail.example.org", 465)
        async with home.member("Ben", "guest"), home.member("Wall", "display"):
            facts = gather_facts(home.household)
            assert [(c.name, c.room, c.is_recording) for c in facts.cameras] == [
                ("Hall", "Ground floor", True),
                ("Cellar", "", False),
            ]
            assert facts.cameras[0].retention_days == home.household.settings.retention_days
            assert (facts.members, facts.guests, facts.displays) == (1, 1, ("Wall",))
            assert [entry.host for entry in facts.outside] == ["mail.example.org"]
            part = gather_facts(home.household, lambda one: one.hex() == hall["id"])
            assert [one.name for one in part.cameras] == ["Hall"]
            assert not part.is_whole
            assert part.displays == ()
        home.household.settings = replace(home.household.settings, retention_days=7)
        assert gather_facts(home.household).cameras[0].retention_days == 7


async def test_what_is_looked_for_is_what_cameras_are_watched_for(home, clip):
    assert gather_facts(home.household).notices == ()
    async with simulated_camera(clip) as camera:
        await home.add_camera(camera.url)
        (running,) = home.household.roster.running()
        watching = running.camera.watching
        assert gather_facts(home.household).notices == watching.kinds
        (hall,) = gather_facts(home.household).cameras
        assert (hall.looks_for, hall.event_days) == (watching.kinds, 30)
        assert not hall.is_following
        rule = RecordingRule(mode="events", event_retention_days=9)
        running.camera = replace(running.camera, rule=rule)
        (hall,) = gather_facts(home.household).cameras
        # What nobody watched stays for the household's thirty days.
        assert (hall.retention_days, hall.event_days, hall.is_following) == (30, 9, True)
        both = RecordingRule(mode="both", retention_days=2, event_retention_days=60)
        running.camera = replace(running.camera, rule=both)
        (hall,) = gather_facts(home.household).cameras
        assert (hall.retention_days, hall.event_days, hall.eventless_days) == (60, 60, 2)
        hears = replace(watching, kinds=("dog",), sounds=("glass", "alarm"))
        running.camera = replace(running.camera, watching=hears)
        facts = gather_facts(home.household)
        assert (facts.notices, facts.cameras[0].looks_for) == (("dog", "sound"),) * 2
        running.camera = replace(running.camera, watching=replace(hears, is_on=False))
        assert gather_facts(home.household).notices == ()
