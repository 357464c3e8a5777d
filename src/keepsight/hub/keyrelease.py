"""Handing out keys: the moment of exposure.

A sealed fragment may lie in any cache; who gets the key of its window can see it. So each release
is a ledger line first, durable, and a wrap for one device second. The release lines of a time are
the exact list of who could see what.
"""

import base64
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.grant import Capability
from keepsight.hub.journal import Journal
from keepsight.hub.member import Device, Member
from keepsight.seal.header import Context, Stream
from keepsight.seal.release import wrap_for_device


@dataclass(frozen=True, slots=True)
class ReleasableWindow:
    """One window and its secret, ready to be released."""

    context: Context
    purpose: str
    """live, still, rec, export or event."""
    secret: bytes
    codec: str
    start_us: int
    end_us: int | None
    """When the window ends (live, still) or ended (recording)."""
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a member on one of their devices."""

    member: Member
    device: Device


def _ledger_line(viewer: Viewer, window: ReleasableWindow) -> dict[str, object]:
    context, member = window.context, viewer.member
    # As they are now: a guest who becomes a member later was a guest when they could see this.
    standing = {"role": member.role.value}
    if member.integration:
        standing["integration"] = member.integration
    return {
        "type": "release",
        "purpose": window.purpose,
        "camera": context.camera.hex(),
        "stream": context.stream.name.lower(),
        "epoch": context.epoch,
        "writer": context.writer.hex(),
        "start_us": window.start_us,
        "end_us": window.end_us,
        "member": member.member_id.hex(),
        "device": viewer.device.device_id.hex(),
        **standing,
    }


def _release(viewer: Viewer, window: ReleasableWindow) -> dict[str, object]:
    context, device = window.context, viewer.device
    wrapped = wrap_for_device(
        window.secret,
        device.public_key,
        purpose=window.purpose,
        context=context,
        device=device.device_id,
    )
    return {
        "camera": context.camera.hex(),
        "stream": context.stream.name.lower(),
        "purpose": window.purpose,
        "epoch": context.epoch,
        "writer": context.writer.hex(),
        "device": device.device_id.hex(),
        "wrapped": base64.b64encode(wrapped).decode(),
        "codec": window.codec,
        "is_next": window.is_next,
        "expires_us": window.end_us if window.purpose in ("live", "still") else None,
    }


CAPABILITY_OF: Final = {
    "live": Capability.LIVE,
    "still": Capability.STILL,
    "rec": Capability.PLAYBACK,
    "export": Capability.EXPORT,
    "event": Capability.EVENTS,
}
"""What must be granted for the windows of each purpose."""


def live_purpose(stream: Stream) -> str:
    """What the window of a live stream is released as: stills are a right of their own."""
    return "still" if stream is Stream.STILL else "live"


REFUSED_LINES_PER_MINUTE: Final = 120
_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class RefusedRelease:
    """Keys that somebody asked for and does not get."""

    camera: bytes
    stream: str
    purpose: str
    reason: str
    """no_such_camera, not_granted or suspended."""
    why: str = ""
    """Of a suspension: its reason, for whoever is locked out."""
    since_us: int | None = None
    until_us: int | None = None

    def as_fields(self) -> dict[str, object]:
        """For the answer."""
        fields: dict[str, object] = {
            "camera": self.camera.hex(),
            "stream": self.stream,
            "purpose": self.purpose,
            "reason": self.reason,
        }
        if self.reason == "suspended":
            fields |= {"why": self.why, "since_us": self.since_us, "until_us": self.until_us}
        return fields


class RefusalLines:
    """Writes refused releases down: the first ones of each minute, not all that a page asks for."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._recent: deque[int] = deque(maxlen=REFUSED_LINES_PER_MINUTE)

    async def note(self, viewer: Viewer, refused: Sequence[RefusedRelease]) -> None:
        """Write down who asked for what, once for each camera and purpose."""
        now_us = self._clock.monotonic_us()
        lines: dict[tuple[bytes, str], dict[str, object]] = {}
        for one in refused:
            is_full = len(self._recent) == REFUSED_LINES_PER_MINUTE
            if is_full and now_us - self._recent[0] < _MINUTE_US:
                break
            if (one.camera, one.purpose) not in lines:
                self._recent.append(now_us)
                lines[one.camera, one.purpose] = {
                    "type": "refused_release",
                    "purpose": one.purpose,
                    "camera": one.camera.hex(),
                    "reason": one.reason,
                    "member": viewer.member.member_id.hex(),
                    "device": viewer.device.device_id.hex(),
                }
        if lines:
            await self._journal.record(list(lines.values()))


async def release_windows(
    journal: Journal, viewer: Viewer, windows: Sequence[ReleasableWindow]
) -> list[dict[str, object]]:
    """Release objects as design/wire.md describes them, after their ledger lines are durable.

    Raises:
        keepsight.seal.ledger.LedgerError: the ledger could not be written; nothing is released.
    """
    if windows:
        await journal.record([_ledger_line(viewer, window) for window in windows])
    return [_release(viewer, window) for window in windows]
