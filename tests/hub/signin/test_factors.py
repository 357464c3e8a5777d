"""What members have enrolled stays through a restart, is used once, and goes with them."""

from dataclasses import replace

import pyotp
import pytest

from keepsight.core.secret import Secret
from keepsight.hub.signin.factors import Factors
from keepsight.hub.signin.passkey import PASSKEYS_MAX, Passkey, PasskeyError
from keepsight.hub.signin.totp import new_secret
from keepsight.hub.store.factors import FactorStore

BOB = b"b" * 16


def passkey(number, member):
    return Passkey(number.to_bytes(16), member, "Phone", b"k", 0, "home.example", False, 7)


@pytest.fixture
async def reload(home):
    async def again():
        factors = Factors(home.household, FactorStore(home.household.store.engine))
        await factors.load()
        return factors

    return again


@pytest.fixture
def ann(home):
    (member,) = home.household.people.members
    return member


async def test_factors_outlive_a_restart(home, ann, reload):
    factors = await reload()
    assert not factors.is_enrolled(ann)
    secret = new_secret()
    await factors.add_passkey(passkey(1, ann))
    await factors.add_totp(ann, secret, 5)
    codes = await factors.renew_codes(ann)
    again = await reload()
    assert [key.name for key in again.passkeys(ann)] == ["Phone"]
    assert again.strong_count(ann) == 2
    assert again.codes_left(ann) == 10
    now_us = home.household.clock.wall_us()
    assert await again.use_totp(ann, pyotp.TOTP(secret.reveal()).at(now_us // 1_000_000))
    assert await again.use_code(ann, codes[0])


async def test_the_secret_of_an_app_lies_sealed(home, ann, reload):
    factors = await reload()
    secret = new_secret()
    await factors.add_totp(ann, secret, 0)
    home.household.store.engine.dispose()
    for path in home.directory.glob("household.db*"):
        assert secret.reveal().encode() not in path.read_bytes()


async def test_two_browsers_with_one_code_are_not_both_let_in(home, ann, reload):
    factors = await reload()
    secret = new_secret()
    await factors.add_totp(ann, secret, 0)
    other = await reload()
    code = pyotp.TOTP(secret.reveal()).at(home.household.clock.wall_us() // 1_000_000)
    assert await factors.use_totp(ann, code)
    assert not await other.use_totp(ann, code)
    (first, *_) = await factors.renew_codes(ann)
    assert await factors.use_code(ann, first)
    assert not await other.use_code(ann, first)


async def test_what_is_anothers_is_not_mine(ann, reload):
    factors = await reload()
    (code, *_) = await factors.renew_codes(ann)
    assert not await factors.use_code(BOB, code)
    assert not await factors.use_totp(BOB, "123456")
    assert await factors.use_code(ann, code)


async def test_passkeys_are_bounded_and_enrolled_once(ann, reload):
    factors = await reload()
    await factors.add_passkey(passkey(1, ann))
    with pytest.raises(PasskeyError):
        await factors.add_passkey(passkey(1, ann))
    for number in range(2, PASSKEYS_MAX + 1):
        await factors.add_passkey(passkey(number, ann))
    with pytest.raises(PasskeyError):
        await factors.add_passkey(passkey(99, ann))
    await factors.add_passkey(replace(passkey(98, ann), member_id=BOB))


async def test_a_removed_member_leaves_nothing(ann, reload):
    factors = await reload()
    await factors.add_passkey(passkey(1, ann))
    await factors.add_totp(ann, Secret("JBSWY3DPEHPK3PXP"), 0)
    await factors.renew_codes(ann)
    await factors.forget_member(ann)
    for one in (factors, await reload()):
        assert not one.is_enrolled(ann)
        assert one.codes_left(ann) == 0
