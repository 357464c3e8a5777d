"""Secrets of invites: long enough, new each time, kept as a hash."""

from keepsight.hub.invite import SECRET_BYTES, hash_secret, new_secret


def test_secrets_have_128_bits_and_fit_into_an_address():
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert SECRET_BYTES * 8 == 128
    assert all(len(secret) == 22 and secret.replace("-", "").replace("_", "").isalnum()
               for secret in made)  # fmt: skip


def test_what_is_kept_is_a_hash():
    assert hash_secret("a") != hash_secret("b")
    assert len(hash_secret("a")) == 32
