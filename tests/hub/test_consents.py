"""Nothing said means no; a yes is on the ledger, survives a restart and can be taken back."""

import pytest


async def test_a_yes_is_given_kept_and_taken_back(home):
    consents = home.household.consents
    (ann,) = home.household.people.members
    assert not consents.is_given(ann, "mail")
    await consents.say(ann, "mail", is_given=True, by=ann.hex())
    assert consents.is_given(ann, "mail")
    await consents.load()
    assert consents.is_given(ann, "mail")
    await consents.say(ann, "mail", is_given=False, by=ann.hex())
    assert not consents.is_given(ann, "mail")
    assert consents.said(ann, "mail").at_us
    page = home.household.journal.reader.page(1 << 40, 5)
    assert [line["type"] for line in page.lines[:2]] == ["consent_withdrawn", "consent_given"]


async def test_there_is_no_consent_to_what_does_not_exist(home):
    (ann,) = home.household.people.members
    with pytest.raises(ValueError, match="mail"):
        await home.household.consents.say(ann, "advertising", is_given=True, by="local")


async def test_it_goes_with_its_member(home):
    consents, people = home.household.consents, home.household.people
    async with home.member("Ben", "member"):
        ben = next(m for m in people.members.values() if m.name == "Ben")
        await consents.say(ben.member_id, "mail", is_given=True, by="local")
        await people.remove_member(ben, by="local")
    assert consents.said(ben.member_id, "mail") is None
    await consents.load()
    assert consents.said(ben.member_id, "mail") is None
