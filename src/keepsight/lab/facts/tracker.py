"""A third party's SDK or service: who owns it, what it is for, how it is recognised.

The table itself is data (`lab/data/trackers.toml`), loaded by `lab.read.tables`.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackerHost:
    """A host name that the SDK talks to; subdomains count as well."""

    name: str
    shared: bool = False
    """Serves several products of the owner: a contact proves the owner, not the product."""
    verified: bool = True
    """Also named by an independent public list, and not from public knowledge alone."""

    def matches(self, host: str) -> bool:
        """Whether `host` is this name or lies below it; case and a final dot do not matter."""
        plain = host.rstrip(".").lower()
        return plain == self.name or plain.endswith("." + self.name)


@dataclass(frozen=True, slots=True)
class Tracker:
    """One row of the table."""

    name: str
    owner: str
    purposes: tuple[str, ...]
    """Of analytics, advertising, attribution, crash, identification, location, push, platform,
    profiling."""
    prefixes: tuple[str, ...]
    """Dotted; one that ends in a dot is a package, any other a single class."""
    hosts: tuple[TrackerHost, ...]
    names: tuple[str, ...]
    """Other names under which a policy may mention it, the owner's not included."""
    owner_verified: bool = True
    unverified_prefixes: tuple[str, ...] = ()
    """Those of `prefixes` that come from public knowledge alone."""
    note: str = ""
    source: str = ""
    dated: str = ""
    """ISO date on which the row was last compared with its source."""

    def is_confirmed_by_class(self, class_name: str) -> bool:
        """Whether a class of the SDK lies under a prefix that is known from more than memory."""
        return self.defines(class_name) and not class_name.startswith(self.unverified_prefixes)

    def is_confirmed_by_host(self, host: str) -> bool:
        """Whether a host is one of those known from more than memory."""
        return any(known.verified and known.matches(host) for known in self.hosts)

    def defines(self, class_name: str) -> bool:
        """Whether a class of this dotted name belongs to the SDK."""
        return any(
            class_name.startswith(prefix)
            if prefix.endswith(".")
            else class_name == prefix or class_name.startswith(prefix + "$")
            for prefix in self.prefixes
        )


def trackers_of_host(trackers: Iterable[Tracker], host: str) -> tuple[tuple[Tracker, bool], ...]:
    """Return the rows whose hosts cover `host`, each with whether that host is shared.

    Several rows with True mean: the owner was contacted, the product is not known.
    """
    return tuple(
        (tracker, known.shared)
        for tracker in trackers
        for known in tracker.hosts
        if known.matches(host)
    )


def tracker_of_class(trackers: Iterable[Tracker], class_name: str) -> Tracker | None:
    """Return the row that a class of this dotted name belongs to, if any."""
    return next((tracker for tracker in trackers if tracker.defines(class_name)), None)
