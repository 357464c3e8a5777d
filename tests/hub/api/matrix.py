"""Two households with everybody in them, and what each route must answer to each of them.

The expectation of a cell is made from the policy that the route declares in the OpenAPI document,
from the actor's grants, and from whose the object in the request is.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from tests.home import Browser

LIVE, STILL, PLAYBACK, EXPORT, EVENTS = "live", "still", "playback", "export", "events"
ALL = frozenset({LIVE, STILL, PLAYBACK, EXPORT, EVENTS, "talk", "move", "shutter"})
MEMBER = frozenset(ALL - {"shutter"})


class Target(StrEnum):
    """Whose the object in the request is."""

    OWN = "own"
    SWAPPED = "swapped"
    """Of the same household, but not for this actor."""
    FOREIGN = "foreign"
    """Of the other household."""
    DELETED = "deleted"
    NONE = "none"
    """The request names no object."""


class Expected(StrEnum):
    """What has to come back."""

    STRANGER = "401"
    OWNER_ONLY = "403 owner_only"
    NOT_GRANTED = "403 not_granted"
    HIDDEN = "404"
    """As for an object that does not exist."""
    NOTHING = "an answer without any of it"
    ALLOWED = "allowed"
    PUBLIC = "public"
    """Answers anybody, with nothing of the household in it."""


DENIALS = frozenset(
    {
        "not_signed_in", "owner_only", "not_granted", "no_such_camera", "no_such_device",
        "no_such_member", "no_such_invite", "no_such_check", "no_such_export", "no_such_session",
        "no_such_event", "no_such_stream", "no_such_suspension", "not_found", "cross_origin",
        "ticket_over",
        "proof_missing", "proof_stale", "bad_proof", "confirm_first",
    }
)  # fmt: skip


@dataclass
class Actor:
    """Somebody who asks household A."""

    name: str
    browser: Browser
    role: str = ""
    """Empty: not signed in there."""
    cameras: dict[str, frozenset[str]] = field(default_factory=dict)
    """Capabilities by camera id in A; `*` for every camera."""
    objects: dict[Target, dict[str, str]] = field(default_factory=dict)
    """Ids for the placeholders of paths."""

    def granted(self, camera: str) -> frozenset[str]:
        if self.role == "owner":
            return ALL
        return self.cameras.get(camera) or self.cameras.get("*") or frozenset()

    def camera(self, target: Target) -> str:
        return self.objects[target]["camera"]


BODIES = {
    ("POST", "/api/cameras"): {"url": "rtsp://127.0.0.1:1/", "name": "New"},
    ("POST", "/api/cameras/{camera}/identity"): {"decision": "stop"},
    ("PUT", "/api/cameras/{camera}/watching"): {
        "is_on": True, "model": "none", "kinds": ["person"], "person_confidence": None,
        "min_area": 0.0, "cooldown_seconds": 0.0, "zones": [], "masks": [], "privacy_masks": [],
        "hours": [], "sounds": [],
    },
    ("POST", "/api/keys"): {
        "live": [{"camera": "{camera}", "stream": "main"}],
        "recordings": [{"camera": "{camera}", "stream": "main", "writers": ["{segment}"]}],
        "exports": ["{writer}"],
        "events": [{"camera": "{camera}", "pictures": ["{picture}"]}],
    },
    ("POST", "/api/events/seen"): {"until_us": 1, "camera": "{camera}"},
    ("PATCH", "/api/events/{event}"): {"seen": True},
    ("POST", "/api/refusals"): {"camera": "{camera}", "stream": "main", "reason": "stale"},
    ("DELETE", "/api/recordings"): {"camera": "{camera}", "from_us": 1, "to_us": 2},
    ("POST", "/api/exports"): {"camera": "{camera}", "from_us": 1, "to_us": 2},
    ("POST", "/api/exports/file"): {
        "camera": "{camera}", "from_us": 1, "to_us": 2, "path": "/nonexistent/x.mp4",
    },
    ("PUT", "/api/members/{member}/grants"): {"grants": []},
    ("POST", "/api/checks"): {"files": []},
    ("PATCH", "/api/factors/passkeys/{key}"): {"name": "x"},
    ("PUT", "/api/members/{member}/pin"): {"pin": "4711", "everywhere": False},
    ("PUT", "/api/cameras/{camera}/pin"): {"pin": "4711", "everywhere": False},
    ("POST", "/api/cameras/{camera}/pin"): {"pin": "4711"},
    ("POST", "/api/suspensions/{suspension}/narrow"): {"capabilities": ["live"]},
    ("DELETE", "/api/privacy/mine"): {"name": "somebody else"},
    ("DELETE", "/api/privacy/egress"): {"purpose": "push", "host": "x.example.org", "port": 443},
    ("POST", "/api/suspensions"): {"camera": "{camera}", "reason": "a test"},
}  # fmt: skip
QUERIES = {
    "/api/timeline": {"camera": "{camera}", "from": 1, "to": 2},
    "/api/recordings": {"camera": "{camera}", "from": 1, "to": 2},
    "/api/events": {"camera": "{camera}"},
    "/api/events/days": {"camera": "{camera}", "edge": [1, 1 << 60]},
    "/api/activity": {"camera": "{camera}", "from": 1, "to": 2},
    "/api/ledger/exposed": {"camera": "{camera}", "from": 1, "to": 2},
    "/api/ledger": {"camera": "{camera}"},
    "/api/ledger/proof": {"from": 1, "to": 2},
    "/api/ledger/inclusion": {"n": 1},
    "/api/checks/{check}/files/{number}": {"offset": 0},
}
NOWHERE = "dead" * 8
"""In the place of an object that an actor has none of."""
OWN_ONLY = {"device", "member", "writer"}
"""Objects of which an owner sees all and everybody else their own."""
PERSONAL = {"session", "key"}
"""Objects that are for nobody else, not even for owners."""
HOUSEHOLD = {"check", "invite", "suspension"}
"""Objects for owners only."""


def placeholders(method, path):
    """Kinds of objects that a request names."""
    text = path + str(BODIES.get((method, path), "")) + str(QUERIES.get(path, ""))
    return set(re.findall(r"\{(\w+)\}", text)) - {"number", "sequences", "segment", "picture"}


def fill(value, ids):
    """A template with the ids in their places."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], value)
    if isinstance(value, list):
        return [fill(part, ids) for part in value]
    if isinstance(value, dict):
        return {name: fill(part, ids) for name, part in value.items()}
    return value


def expect(actor, method, path, policy, target):
    """What the cell has to show."""
    audience, capability = policy["audience"], policy.get("capability")
    if audience == "anyone":
        return Expected.PUBLIC
    if audience == "ticket":
        return Expected.HIDDEN if actor.role else Expected.STRANGER
    if not actor.role:
        return Expected.STRANGER
    if audience == "owner" and actor.role != "owner":
        return Expected.OWNER_ONLY
    return _expect_of_member(actor, method, path, capability, target)


def _expect_of_member(actor, method, path, capability, target):
    if path == "/api/exports/file" or path.endswith("{member}/pin"):
        return Expected.HIDDEN  # for the command line; for displays, which neither target is
    kinds = placeholders(method, path)
    if "camera" in kinds and path != "/api/ledger":
        return _expect_of_camera(actor, method, path, capability, target)
    if not path.startswith("/s/{opaque}") and NOWHERE in {
        actor.objects[target].get(kind) for kind in kinds
    }:
        return Expected.HIDDEN
    return _expect_of_object(actor, path, kinds, target)


def _expect_of_camera(actor, method, path, capability, target):
    granted = actor.granted(actor.camera(target))
    is_there = target in (Target.OWN, Target.SWAPPED)
    if path in ("/api/keys", "/api/ledger/exposed"):
        return Expected.ALLOWED if is_there and LIVE in granted else Expected.NOTHING
    if not granted:
        return Expected.HIDDEN
    if capability and capability not in granted:
        return Expected.NOT_GRANTED
    if is_there:
        return Expected.ALLOWED
    # A grant for every camera, or an owner's right, covers ids of which there is nothing.
    in_path = "{camera}" in path or path in ("/api/exports", "/api/refusals", "/api/suspensions")
    return Expected.HIDDEN if in_path else Expected.NOTHING


def _expect_of_object(actor, path, kinds, target):
    if "opaque" in kinds or path.startswith("/s/"):
        return _expect_of_fragment(actor, path, target)
    if path == "/api/ledger" and (target is Target.FOREIGN or actor.role != "owner"):
        # Of what was deleted an owner still has the history.
        return Expected.ALLOWED if target in (Target.OWN, Target.SWAPPED) else Expected.NOTHING
    if not kinds or path == "/api/ledger":
        return Expected.ALLOWED
    if target in (Target.FOREIGN, Target.DELETED):
        return Expected.HIDDEN
    if kinds == {"event"}:
        is_theirs = EVENTS in actor.granted(actor.camera(target))
    elif kinds <= HOUSEHOLD or (kinds <= OWN_ONLY and actor.role == "owner"):
        is_theirs = True
    else:
        is_theirs = target is Target.OWN
    return Expected.ALLOWED if is_theirs else Expected.HIDDEN


def _expect_of_fragment(actor, path, target):
    if target not in (Target.OWN, Target.SWAPPED):
        return Expected.HIDDEN
    if path.startswith("/s/export/"):
        is_owned = target is Target.OWN or actor.role == "owner"
        return Expected.ALLOWED if is_owned else Expected.HIDDEN
    granted = actor.granted(actor.camera(target))
    needed = {LIVE} if path.endswith("/still") else {PLAYBACK}
    return Expected.ALLOWED if granted & needed else Expected.HIDDEN
