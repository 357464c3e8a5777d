"""Keys and sessions through a middle that mixes up answers: a foreign release opens nothing.

Method: releases of twenty households handed to the wrong devices, asked for under every claim; and
the answers of a real hub, none of which may carry a session that a cache could hand on.
"""

import itertools
import random
from typing import Final

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keepsight.seal.header import Context, Stream
from keepsight.seal.release import unwrap_on_device, wrap_for_device
from tests.home import Home
from tests.hostile.tally import Tally

SWAPS: Final = 4000
RELEASED: Final = (
    ("live", Stream.MAIN), ("still", Stream.STILL), ("rec", Stream.MAIN), ("event", Stream.EVENT),
)  # fmt: skip
READ: Final = ("hello", "session", "devices", "cameras", "status", "settings", "ledger", "exports")


def test_a_release_for_another_household_opens_nothing(seed: int, tally: Tally) -> None:
    """Each secret is wrapped for one device, and for the context that it was asked for in."""
    chance = random.Random(seed)
    homes = []
    for number in range(20):
        purpose, stream = RELEASED[number % len(RELEASED)]
        household, camera, writer = (chance.randbytes(16) for _ in range(3))
        context = Context(household, camera, stream, 1, writer)
        device, private, secret = chance.randbytes(16), X25519PrivateKey.generate(), bytes(32)
        public = private.public_key().public_bytes_raw()
        wrapped = wrap_for_device(secret, public, purpose=purpose, context=context, device=device)
        homes.append((purpose, context, device, private, wrapped))
    opened = tried = of_events = 0
    for own, other in itertools.islice(itertools.cycle(itertools.permutations(homes, 2)), SWAPS):
        purpose, context, device, private, _ = own
        foreign_purpose, foreign_context, foreign_device, _, wrapped = other
        claim = chance.choice((context, foreign_context, context._replace(epoch=2)))
        named = chance.choice((device, foreign_device))
        said = chance.choice((purpose, foreign_purpose))
        tried += 1
        of_events += foreign_purpose == "event"
        try:
            unwrap_on_device(wrapped, private, purpose=said, context=claim, device=named)
        except InvalidTag:
            continue
        opened += 1
    tally.opens += tried
    tally.opened += opened
    tally.event_opens += of_events
    assert of_events > SWAPS / 10
    assert (tried, opened) == (SWAPS, 0)
    for purpose, context, device, private, wrapped in homes:
        assert unwrap_on_device(wrapped, private, purpose=purpose, context=context, device=device)


def test_a_member_of_two_cannot_take_one_homes_release_for_the_others(seed: int) -> None:
    """The same device key in both households, which the pages never do: the context still tells."""
    chance = random.Random(seed)
    private = X25519PrivateKey.generate()
    public, device = private.public_key().public_bytes_raw(), chance.randbytes(16)
    here, there = (
        Context(chance.randbytes(16), bytes(16), Stream.MAIN, 1, bytes(16)) for _ in range(2)
    )
    wrapped = wrap_for_device(bytes(32), public, purpose="live", context=there, device=device)
    with pytest.raises(InvalidTag):
        unwrap_on_device(wrapped, private, purpose="live", context=here, device=device)


async def test_no_answer_that_a_cache_might_keep_carries_a_session(home: Home) -> None:
    """A cache that ignores Set-Cookie hands out whatever session a GET answer sets: none does."""
    async with home.browser() as browser:
        for name in READ:
            answer = await browser.ask("GET", f"/api/{name}")
            assert answer.status == 200, name
            assert "Set-Cookie" not in answer.headers, name
            assert answer.headers["Cache-Control"] == "no-store", name
            assert b"ks-" not in answer.body, name
