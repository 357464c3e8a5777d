"""Goal: a household has no more owners than can unlock it. Method: counted members."""

import pytest

from keepsight.hub.member import OWNERS_MAX, Member, Role, TooManyOwnersError, check_owner_fits


def people(role, count):
    return [Member(bytes((n,)) * 16, f"{role} {n}", role, "", 0) for n in range(count)]


def test_owners_are_counted_and_nobody_else():
    check_owner_fits([*people(Role.OWNER, OWNERS_MAX - 1), *people(Role.MEMBER, 50)])
    with pytest.raises(TooManyOwnersError, match=f"at most {OWNERS_MAX}"):
        check_owner_fits(people(Role.OWNER, OWNERS_MAX))
