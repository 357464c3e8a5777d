"""A browser that may be woken."""

from dataclasses import dataclass

from keepsight.hub.notices.push import PushTarget


@dataclass(frozen=True, slots=True)
class Subscription:
    """One device and how it is reached. It ends with its device."""

    device_id: bytes
    member_id: bytes
    target: PushTarget
    created_us: int
