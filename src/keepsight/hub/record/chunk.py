"""What the event loop hands to the disk thread: units that belong together, or an end."""

from dataclasses import dataclass

from keepsight.hub.recording import Gap
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat


@dataclass(slots=True)
class Chunk:
    """A group of pictures, or two seconds of it, with the sound that came meanwhile."""

    stream_format: StreamFormat
    video: list[AccessUnit]
    """At least one, in decoding order."""
    audio: list[AccessUnit]
    end_ticks: int
    """The video media_ticks at which the last picture ends."""
    size_bytes: int
    is_new: bool
    """Does not continue what came before: begin a new segment."""
    lost: Gap | None
    """What did not fit into the queue before this."""

    is_rekeyed: bool = False
    """Goes on without a keyframe, but under a new key: a revocation does not wait for one."""

    @property
    def begins_with_keyframe(self) -> bool:
        """It can be decoded without what came before."""
        return self.video[0].is_keyframe

    @property
    def start_us(self) -> int:
        """Wall time of the first picture."""
        return self.video[0].wall_us
