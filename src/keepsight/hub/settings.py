"""What the owner can choose for the whole household. Works with the defaults."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

GB: Final = 1000**3
LANGUAGES: Final = ("en", "de")


class SettingError(ValueError):
    """A value that cannot be used. `name` says which setting."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Settings:
    """Household settings with their defaults."""

    retention_days: int = 30
    """Recordings older than this are deleted."""
    free_bytes_min: int = 5 * GB
    """Oldest recordings are deleted to keep this much of the disk free."""
    language: str = "en"

    def changed(self, values: dict[str, Any]) -> "Settings":
        """A copy with some values replaced.

        Raises:
            SettingError: a value is out of range.
        """
        new = replace(self, **values)
        if not 1 <= new.retention_days <= 3650:
            raise SettingError("retention_days", "keep recordings for 1 to 3650 days")
        if not 0 <= new.free_bytes_min <= 1_000_000 * GB:
            raise SettingError("free_bytes_min", "the free-space floor cannot be negative")
        if new.language not in LANGUAGES:
            raise SettingError("language", f"languages: {', '.join(LANGUAGES)}")
        return new

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the store and the API."""
        return asdict(self)


def read_settings(stored: dict[str, Any]) -> Settings:
    """Settings from what the store holds; unknown names of other versions are left alone."""
    known = {k: v for k, v in stored.items() if k in Settings.__dataclass_fields__}
    return Settings(**known)
