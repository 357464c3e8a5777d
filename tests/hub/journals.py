"""A journal on a real ledger for tests, and what is on it."""

import asyncio
import contextlib

from sqlalchemy import create_engine, text

from keepsight.hub.journal import open_journal
from keepsight.hub.keyring import new_keyring
from keepsight.hub.store.ledger import read_ledger_store
from keepsight.seal.audit import audit
from tests.hub.clocks import HandClock

HOUSEHOLD = b"\x5e" * 16


def keyring():
    return new_keyring(HOUSEHOLD, "Home", 1)


@contextlib.asynccontextmanager
async def running_journal(directory, clock=None, keys=None, **more):
    """A journal whose lines are committed while the block runs."""
    made = open_journal(directory, keys or keyring(), clock or HandClock(), **more)
    runner = asyncio.ensure_future(made.run())
    try:
        yield made
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        made.close()


def verify(path, *noted):
    """The verdict over a `ledger.db`, as the command line finds it."""
    store = read_ledger_store(path)
    with contextlib.closing(store), store.rows(store.household) as rows:
        return audit(rows, noted)


def lines_of(journal, limit=10_000):
    """Every line, oldest first."""
    return journal.reader.page(1 << 62, limit).lines[::-1]


def damage(path, statement, **values):
    """Change a `ledger.db` behind everybody's back."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        changed = connection.execute(text(statement), values).rowcount
    engine.dispose()
    assert changed


def flip(path, n, column="leaf", byte=-1):
    """Flip one bit of a row."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        query = text(f"SELECT {column} FROM leaves WHERE n = :n")
        value = bytearray(connection.execute(query, {"n": n}).scalar_one())
    engine.dispose()
    value[byte] ^= 1
    damage(path, f"UPDATE leaves SET {column} = :value WHERE n = :n", value=bytes(value), n=n)
