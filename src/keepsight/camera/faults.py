"""What can go wrong with a camera, on purpose: for tests of whatever reads one.

Each fault is off by default and counts its seconds from the start of the server.
"""

import random
from dataclasses import dataclass, fields, replace
from typing import Final

from keepsight.camera.media import Sample, VideoCodec
from keepsight.core.clock import Clock

_FILLER: Final[dict[VideoCodec, bytes]] = {"h264": b"\x0c", "h265": b"\x4c\x01"}
"""Headers of filler data NAL units (H.264 7.3.2.7, H.265 7.3.2.8)."""
_TRAILING: Final = b"\x80"
GARBAGE_BYTES: Final = 512


class FaultError(ValueError):
    """A fault that cannot be understood, with the list of those that can."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults happen, and when. None and 0 mean never."""

    silence_after_seconds: float | None = None
    """Connections stay, packets stop."""
    silence_seconds: float | None = None
    """How long the silence lasts; None: forever."""
    reboot_every_seconds: float | None = None
    """All connections drop and the port closes."""
    reboot_seconds: float = 1.0
    """How long the port stays closed."""
    loss_ratio: float = 0.0
    """Of UDP packets, at random."""
    reorder_ratio: float = 0.0
    """Of UDP packets that are sent after their successor."""
    backwards_after_seconds: float | None = None
    """RTP timestamps jump back once, by `backwards_seconds`."""
    backwards_seconds: float = 10.0
    burst_after_seconds: float | None = None
    """Pictures grow by `burst_factor` for `burst_seconds` (filler data, still decodable)."""
    burst_seconds: float = 2.0
    burst_factor: float = 10.0
    switch_after_seconds: float | None = None
    """The other clip plays: in band where the codec stays, else after a reboot."""
    identity_after_seconds: float | None = None
    """Reboots as another device: serial, and so the realm, change."""
    garbage_media_after_seconds: float | None = None
    """NAL units and sound become random bytes, in well-formed RTP."""
    garbage_stream_after_seconds: float | None = None
    """Random bytes on the control connection instead of packets."""
    seed: int = 0


def parse_faults(texts: list[str]) -> Faults:
    """Read `name=value` pairs, e.g. `silence_after_seconds=5`.

    Raises:
        FaultError: an unknown name or a value that is not a number.
    """
    known = {field.name for field in fields(Faults)}
    values: dict[str, float | int] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in known:
            raise FaultError(f"no fault {name!r}; there are: {', '.join(sorted(known))}")
        try:
            values[name] = int(value) if name == "seed" else float(value)
        except ValueError as error:
            raise FaultError(f"{name} needs a number, not {value!r}") from error
    return replace(Faults(), **values)  # type: ignore[arg-type] # the names were just checked


class Mischief:
    """Carries the faults out on samples and packets. One for each server."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self.faults = faults
        self._clock = clock
        self._start_us = clock.monotonic_us()
        self._random = random.Random(faults.seed)  # noqa: S311 - repeatable on purpose, no secret

    @property
    def age_seconds(self) -> float:
        """Since the server started."""
        return (self._clock.monotonic_us() - self._start_us) / 1_000_000

    def _is_due(self, after_seconds: float | None, seconds: float | None = None) -> bool:
        if after_seconds is None or self.age_seconds < after_seconds:
            return False
        return seconds is None or self.age_seconds < after_seconds + seconds

    def alter(self, sample: Sample, codec: VideoCodec, clock_rate: int) -> Sample | None:
        """The sample as this camera sends it; None: not at all."""
        faults = self.faults
        if self._is_due(faults.silence_after_seconds, faults.silence_seconds):
            return None
        if self._is_due(faults.backwards_after_seconds):
            back_ticks = round(faults.backwards_seconds * clock_rate)
            sample = replace(sample, media_ticks=sample.media_ticks - back_ticks)
        if sample.is_video and self._is_due(faults.burst_after_seconds, faults.burst_seconds):
            size = sum(len(part) for part in sample.parts)
            filler = b"\xff" * round(size * (faults.burst_factor - 1))
            unit = _FILLER[codec] + filler + _TRAILING
            sample = replace(sample, parts=(*sample.parts, unit))
        if self._is_due(faults.garbage_media_after_seconds):
            parts = tuple(self._random.randbytes(len(part)) for part in sample.parts)
            sample = replace(sample, parts=parts)
        return sample

    def garbage(self) -> bytes | None:
        """Bytes for the control connection in place of a packet, when that fault is on."""
        if not self._is_due(self.faults.garbage_stream_after_seconds):
            return None
        return self._random.randbytes(GARBAGE_BYTES)

    def datagrams(self, packets: list[bytes]) -> list[bytes]:
        """What is left of the packets, in the order in which they arrive."""
        faults = self.faults
        if not (faults.loss_ratio or faults.reorder_ratio):
            return packets
        kept = [p for p in packets if self._random.random() >= faults.loss_ratio]
        for at in range(len(kept) - 1):
            if self._random.random() < faults.reorder_ratio:
                kept[at], kept[at + 1] = kept[at + 1], kept[at]
        return kept
