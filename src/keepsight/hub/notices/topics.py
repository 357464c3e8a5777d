"""What the household's broker is told, and under which names. Pure.

A camera is its number, an event its number, a kind and times: no picture, and a name only where an
owner lets home automation find the cameras by it (Home Assistant's MQTT discovery).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from keepsight.hub.event import HEARD_KINDS, Event

DISCOVERY: Final = "homeassistant/binary_sensor"
ON, OFF = b"ON", b"OFF"
ONLINE, OFFLINE = b"online", b"offline"
_OUTSIDE_OF_NAMES: Final = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Watched:
    """One camera as the broker knows it."""

    camera_id: bytes
    name: str
    kinds: tuple[str, ...]
    """What it is watched for, sounds included."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be published."""

    topic: str
    payload: bytes
    is_retained: bool = False


def kind_name(kind: str) -> str:
    """A kind as part of a topic: labels of a model of one's own may be anything."""
    return _OUTSIDE_OF_NAMES.sub("_", kind.lower()) or "_"


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of one household."""

    household: bytes

    @property
    def status(self) -> str:
        """Whether the hub is there: retained, and the broker's own word when it vanishes."""
        return f"keepsight/{self.household.hex()}/status"

    @property
    def trial(self) -> str:
        """Where the test button writes."""
        return f"keepsight/{self.household.hex()}/test"

    def state(self, camera: bytes, kind: str) -> str:
        """Whether something of this kind is there now: retained."""
        return f"keepsight/{self.household.hex()}/{camera.hex()}/state/{kind_name(kind)}"

    def event(self, camera: bytes) -> str:
        """What was noticed, once at its beginning and once at its end."""
        return f"keepsight/{self.household.hex()}/{camera.hex()}/event"

    def state_message(self, camera: bytes, kind: str, *, is_on: bool) -> Message:
        """The state of one kind."""
        return Message(self.state(camera, kind), ON if is_on else OFF, is_retained=True)

    def event_message(self, phase: str, event: Event) -> Message:
        """An event without its pictures and without where in the picture it was."""
        fields = {
            "event": event.event_id.hex(),
            "phase": phase,
            "camera": event.camera_id.hex(),
            "kind": event.kind,
            "start_us": event.start_us,
            "end_us": event.end_us,
            "confidence": round(event.confidence, 2),
            "zones": list(event.zones),
        }
        return Message(self.event(event.camera_id), json.dumps(fields).encode())

    def discovery(self, camera: Watched, kind: str) -> Message:
        """Lets Home Assistant make an on-off sensor of a state, under the camera's name."""
        name = f"keepsight_{camera.camera_id.hex()}"
        fields = {
            "name": kind,
            "unique_id": f"{name}_{kind_name(kind)}",
            "object_id": f"{name}_{kind_name(kind)}",
            "state_topic": self.state(camera.camera_id, kind),
            "availability_topic": self.status,
            "device_class": "sound" if kind in HEARD_KINDS else "occupancy",
            "device": {
                "identifiers": [name],
                "name": camera.name,
                "manufacturer": "Keepsight",
            },
        }
        topic = f"{DISCOVERY}/{name}/{kind_name(kind)}/config"
        return Message(topic, json.dumps(fields).encode(), is_retained=True)

    def standing(
        self, cameras: Iterable[Watched], on: Iterable[tuple[bytes, str]], *, has_discovery: bool
    ) -> list[Message]:
        """Everything retained that has to stand at the broker now.

        Args:
            cameras: all that are watched.
            on: camera and kind of what is there now.
            has_discovery: whether home automation may find the cameras by name.
        """
        lit = frozenset(on)
        found = []
        for camera in cameras:
            # What is there now stands even if it is not watched for any more.
            there = sorted(kind for of, kind in lit if of == camera.camera_id)
            for kind in dict.fromkeys((*camera.kinds, *there)):
                is_on = (camera.camera_id, kind) in lit
                if has_discovery:
                    found.append(self.discovery(camera, kind))
                found.append(self.state_message(camera.camera_id, kind, is_on=is_on))
        return found
