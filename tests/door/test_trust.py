"""Goal: the page for a phone that trusts nothing yet runs no script. Method: its two answers."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from cryptography import x509

from keepsight.door.authority import Authority, fingerprint
from keepsight.door.trust import Trust
from tests.hub.clocks import HandClock


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path, ["localhost"], HandClock())
    authority.ensure()
    return authority


def test_page_shows_the_fingerprint_and_its_policy_covers_its_style(authority: Authority) -> None:
    page = Trust(authority.root).serve("/trust", "GET")
    text = page.text or ""
    assert fingerprint(authority.root) in text
    policy = page.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*)</style>", text)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "<script" not in text
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_certificate_is_the_root_and_nothing_secret(authority: Authority) -> None:
    answer = Trust(authority.root).serve("/trust/root.crt", "GET")
    assert answer.content_type == "application/x-x509-ca-cert"
    assert isinstance(answer.body, bytes)
    assert x509.load_der_x509_certificate(answer.body) == authority.root


def test_nothing_can_be_sent_to_it(authority: Authority) -> None:
    assert Trust(authority.root).serve("/trust", "POST").status == 405
