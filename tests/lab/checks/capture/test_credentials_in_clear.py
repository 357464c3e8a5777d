"""Readable passwords: judged from made facts, one test an outcome."""

from keepsight.lab.checks.capture.credentials_in_clear import CHECK
from keepsight.lab.facts.capture import ClearCredential, Reach
from tests.lab.made import capture, outcome, product


def seen(*, digest=False, reach=Reach.INTERNET):
    found = ClearCredential(4, "HTTP", "h", reach, "authorization", "••• (5)", is_digest=digest)
    return product(captures=(capture(credentials=(found,)),))


def test_a_readable_password_is_critical_outside_and_high_at_home():
    assert outcome(CHECK, seen()) == "violated"
    assert CHECK.judge(seen())[0].severity == "critical"
    assert CHECK.judge(seen(reach=Reach.LOCAL))[0].severity == "high"


def test_a_digest_is_the_milder_line():
    assert CHECK.judge(seen(digest=True))[0].severity == "low"


def test_clear_and_unknown():
    assert outcome(CHECK, product(captures=(capture(),))) == "clear"
    assert outcome(CHECK, product(captures=(capture(limits=("gap",)),))) == "unknown"
