"""Pictures in a shared cache: headers of a request behind a log-in, or a trial."""

from keepsight.lab.checks.capture.shared_still import CHECK
from tests.lab.made import capture, exchange, observed, outcome, product


def still(**parts):
    return product(captures=(capture(exchanges=(exchange(content_type="image/jpeg", **parts),)),))


def test_a_public_picture_behind_a_log_in_is_violated():
    public = still(cache_control="public, max-age=600", is_authorised=True)
    assert outcome(CHECK, public) == "violated"


def test_a_logo_may_be_public_and_private_pictures_prove_nothing():
    assert outcome(CHECK, still(cache_control="public", is_authorised=False)) == "unknown"
    assert outcome(CHECK, still(cache_control="private, no-store", is_authorised=True)) == "unknown"


def test_a_trial_with_a_second_account_decides():
    assert outcome(CHECK, observed(second_identity_picture="served")) == "violated"
    assert outcome(CHECK, observed(second_identity_picture="refused")) == "clear"
