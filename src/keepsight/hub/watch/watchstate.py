"""How watching one camera goes. A noun."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keepsight.hub.watch.reason import Reason


class WatchPhase(StrEnum):
    """What is done with a camera's pictures now. Each has a sentence in the UI's catalogue."""

    WATCHING = "watching"
    BEHIND = "behind"
    """Watching, but some pictures were left out in the last half minute."""
    OFF = "off"
    """No model: movement is noticed, and nothing is recognised."""
    FAILED = "failed"
    """Nothing is recognised, because something broke."""
    STARTING = "starting"
    """The watcher starts, or the camera has sent no picture yet."""
    UNWATCHED = "unwatched"
    """Its owner does not want it watched, or nothing is watched by this hub."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """How watching one camera goes."""

    state: WatchPhase
    reason: Reason | None
    """For the owner; None while all is well."""
    mode: str | None
    """How much of the stream is looked at: keyframes, decode or signs; None while it is not."""
    since_us: int
    """Wall time of the last change of state."""
    dropped: int = 0
    """Pictures that were not looked at since the watcher took the camera on."""
    looks: int = 0
    """How often the model was asked since then."""
    sound: tuple[WatchPhase, Reason | None] | None = None
    """How listening goes, and why not better; None: nobody listens."""
    said: str | None = None
    """What the watcher says of it, in its own words: a claim, for the local command line alone."""

    @property
    def is_recognising(self) -> bool:
        """Whether a visit would be noticed now: where not, no event does not mean nobody."""
        return self.state in (WatchPhase.WATCHING, WatchPhase.BEHIND)

    @property
    def is_troubled(self) -> bool:
        """Whether its owner should know."""
        return self.state in (WatchPhase.BEHIND, WatchPhase.OFF, WatchPhase.FAILED)

    def _sound_fields(self, *, is_owner: bool) -> dict[str, Any] | None:
        if self.sound is None:
            return None
        state, reason = self.sound
        shown = reason.as_fields() if reason is not None and is_owner else None
        return {"state": state.value, "reason": shown}

    def as_fields(self, *, is_owner: bool, is_local: bool = False) -> dict[str, Any]:
        """As JSON.

        Args:
            is_owner: reasons name files, and go to owners alone.
            is_local: the command line asks: it shows claims as what they are, pages do not.
        """
        reason = self.reason.as_fields() if self.reason is not None and is_owner else None
        return {
            "state": self.state.value,
            "reason": reason,
            "mode": self.mode,
            "since_us": self.since_us,
            "dropped": self.dropped,
            "looks": self.looks,
            "sound": self._sound_fields(is_owner=is_owner),
            **({"said": self.said} if is_local else {}),
        }
