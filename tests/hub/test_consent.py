"""There is a purpose for each thing that needs a yes, and no other."""

from keepsight.hub.consent import PURPOSES, Consent


def test_a_consent_says_when():
    consent = Consent(b"a" * 16, PURPOSES[0], is_given=False, at_us=7)
    assert (consent.is_given, consent.at_us) == (False, 7)
    assert len(set(PURPOSES)) == len(PURPOSES)
