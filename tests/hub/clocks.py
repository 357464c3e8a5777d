"""A clock that tests turn by hand."""

from dataclasses import dataclass


@dataclass
class HandClock:
    """Both times stand still until `tick`; the wall can jump on its own."""

    wall: int = 1_800_000_000_000_000
    monotonic: int = 1_000_000

    def wall_us(self) -> int:
        return self.wall

    def monotonic_us(self) -> int:
        return self.monotonic

    def tick(self, seconds: float) -> None:
        self.wall += int(seconds * 1e6)
        self.monotonic += int(seconds * 1e6)

    def jump_wall(self, seconds: float) -> None:
        self.wall += int(seconds * 1e6)
