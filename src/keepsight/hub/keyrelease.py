"""Handing out keys: the moment of exposure.

A sealed fragment may lie in any cache; who gets the key of its window can see it. So each release
is a ledger line first, durable, and a wrap for one device second. The release lines of a time are
the exact list of who could see what.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from keepsight.hub.journal import Journal
from keepsight.hub.member import Device, Member
from keepsight.seal.header import Context
from keepsight.seal.release import wrap_for_device


@dataclass(frozen=True, slots=True)
class ReleasableWindow:
    """One window and its secret, ready to be released."""

    context: Context
    purpose: str
    """live, rec or export."""
    secret: bytes
    codec: str
    start_us: int
    end_us: int | None
    """When the window ends (live) or ended (recording)."""
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a member on one of their devices."""

    member: Member
    device: Device


def _ledger_line(viewer: Viewer, window: ReleasableWindow) -> dict[str, object]:
    context = window.context
    return {
        "type": "release",
        "purpose": window.purpose,
        "camera": context.camera.hex(),
        "stream": context.stream.name.lower(),
        "epoch": context.epoch,
        "writer": context.writer.hex(),
        "start_us": window.start_us,
        "end_us": window.end_us,
        "member": viewer.member.member_id.hex(),
        "device": viewer.device.device_id.hex(),
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
        "expires_us": window.end_us if window.purpose == "live" else None,
    }


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
