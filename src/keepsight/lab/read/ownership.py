"""Says whose code a class is: the app's own, its vendor's, or a third party's."""

from collections.abc import Iterable
from typing import Final

from keepsight.lab.facts.tracker import Tracker
from keepsight.lab.finding import Owner

OBFUSCATED_LETTERS_MAX: Final = 2
"""A top-level package name this short is what shrinkers make; nobody registers such a domain."""

_SHARED_DOMAINS: Final = frozenset({"com.github", "io.github", "com.gitlab", "org.example"})


class Ownership:
    """Decides by class name, and remembers what it decided."""

    def __init__(
        self, package: str, trackers: Iterable[Tracker], libraries: Iterable[tuple[str, str]]
    ) -> None:
        """Prepare.

        Args:
            package: of the manifest, e.g. com.example.home; empty when it is not known.
            trackers: the tracker table.
            libraries: (class prefix, owner) pairs.
        """
        parts = package.split(".")
        self._package = f"{package}." if package else ""
        # com.example.home and com.example.* are one vendor; com.github.* is everybody.
        own = 3 if ".".join(parts[:2]) in _SHARED_DOMAINS else 2
        self._vendor = ".".join(parts[:own]) + "." if len(parts) > own else self._package
        self._foreign = (
            *(prefix for tracker in trackers for prefix in tracker.prefixes),
            *(prefix for prefix, _ in libraries),
        )
        self._known: dict[str, Owner] = {}

    def __call__(self, class_name: str) -> Owner:
        """Return whose class this is; NONE when its name was made unreadable."""
        owner = self._known.get(class_name)
        if owner is None:
            owner = self._known[class_name] = self._decide(class_name)
        return owner

    def _decide(self, class_name: str) -> Owner:
        if self._package and class_name.startswith(self._package):
            return Owner.APP
        if self._vendor and class_name.startswith(self._vendor):
            return Owner.VENDOR_SDK
        if class_name.startswith(self._foreign):
            return Owner.THIRD_PARTY
        first, dot, _ = class_name.partition(".")
        if not dot or len(first) <= OBFUSCATED_LETTERS_MAX:
            return Owner.NONE
        return Owner.THIRD_PARTY
