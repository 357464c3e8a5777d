"""One measured number beside its peer and its goal."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What a bench found. A value without a peer has an empty peer and None."""

    bench: str
    """The file, a dot, and what was measured."""
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    goal: str = ""
    met: bool | None = None
    """None where there is no goal."""
    note: str = ""
    """What the peer is and how it was measured, where the name does not say it."""

    @property
    def ratio(self) -> float | None:
        """Value by peer value."""
        return self.value / self.peer_value if self.peer_value else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the table."""
        ratio = None if self.ratio is None else round(self.ratio, 3)
        return {**asdict(self), "ratio": ratio}
