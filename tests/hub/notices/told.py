"""Members who want to be told: browsers that subscribe, a camera, what begins in front of it."""

import contextlib
from dataclasses import dataclass

from keepsight.core.clock import SystemClock
from keepsight.hub.event import Event
from keepsight.seal import keys
from tests.home import simulated_camera

EVENTS = ["live", "events"]


def visit(camera, kind="person", *, age_seconds=0.0, **more):
    """An event that has just begun."""
    now = SystemClock().wall_us() - int(age_seconds * 1_000_000)
    values = {"last_us": now, "end_us": None, "confidence": 0.9, "best_us": now, **more}
    return Event(keys.new_id(), bytes.fromhex(camera), kind, start_us=now, **values)


@dataclass
class Told:
    """A household with one camera and a push service."""

    home: object
    service: object
    camera: str
    url: str
    owner: object

    async def subscribe(self, browser):
        """Have a browser of the push service woken for a signed-in browser of the hub."""
        made = self.service.browser()
        answer = await browser.ask("POST", "/api/notices/push", made.subscription)
        assert answer.status == 200, answer.body
        return made

    async def wants_mail(self, browser, name, address):
        people = self.home.household.people
        member = next(m for m in people.members.values() if m.name == name)
        await people.set_email(member, address, by="local")
        answer = await browser.ask("PATCH", "/api/notices", {"mail": True})
        assert answer.status == 200, answer.body

    def begins(self, kind="person", **more):
        """Something begins in front of the camera."""
        event = visit(self.camera, kind, **more)
        self.home.household.notices.on_event("start", event)
        return event

    async def idle(self):
        """Until nothing waits to be sent, and nothing is being sent."""
        queue = self.home.household.notices.delivery._queue

        async def is_so():
            return queue.empty() and len(queue._getters) == 8

        await self.home.wait_for(is_so)


async def allow_push(owner, service):
    answer = await owner.ask("PUT", "/api/notices/services", {"allowed": True, **service.services})
    assert answer.status == 200, answer.body


@contextlib.asynccontextmanager
async def told_household(home, clip, service):
    async with simulated_camera(clip) as camera, home.browser() as owner:
        added = await home.add_camera(camera.url)
        await allow_push(owner, service)
        yield Told(home, service, added["id"], camera.url, owner)
