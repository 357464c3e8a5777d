"""Suspensions survive a restart whole, and history keeps those that were lifted."""

from sqlalchemy import create_engine

from keepsight.hub.grant import Capability
from keepsight.hub.store.suspensions import SuspensionStore, metadata
from keepsight.hub.suspension import Suspension

HOME, OTHER = b"h" * 16, b"o" * 16
FULL = Suspension(
    b"s" * 16,
    "recalled",
    100,
    200,
    b"m" * 16,
    integration="*",
    vendor="Acme",
    model="A1",
    camera_id=b"c" * 16,
    device_id=b"d" * 16,
    path="cam.example.org",
    capabilities=frozenset({Capability.LIVE, Capability.STILL}),
)


def open_store(path):
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    return SuspensionStore(engine)


def test_every_field_comes_back(tmp_path):
    open_store(tmp_path / "x.db").add(HOME, FULL)
    again = open_store(tmp_path / "x.db")
    assert again.list_open(HOME) == [FULL]
    assert again.list_open(OTHER) == []


def test_lifted_ones_are_history(tmp_path):
    store = open_store(tmp_path / "x.db")
    bare = Suspension(b"t" * 16, "why", 1, None, bytes(16), vendor="Acme")
    store.add(HOME, bare)
    store.lift(OTHER, bare.suspension_id, 50, b"m" * 16)
    assert store.list_open(HOME) == [bare]
    store.lift(HOME, bare.suspension_id, 50, b"m" * 16)
    assert store.list_open(HOME) == []
    (past,) = store.list_past(HOME)
    assert (past.suspension, past.lifted_us, past.lifted_by) == (bare, 50, b"m" * 16)
