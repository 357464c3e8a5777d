"""Recovery codes are random, forgiving to type, and kept as what only the household can compute."""

from keepsight.core.secret import Secret
from keepsight.hub.signin.recovery_codes import ALPHABET, CODES, hash_code, new_codes

ROOT, ANN, BOB = b"r" * 32, b"a" * 16, b"b" * 16


def test_ten_different_codes_that_are_easy_to_read():
    codes = [code.reveal() for code in new_codes()]
    assert len(set(codes)) == CODES == 10
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        assert set(code) <= set(ALPHABET) | {"-"}
    assert not set(ALPHABET) & set("OILU")


def test_typing_is_forgiven():
    kept = hash_code(ROOT, ANN, Secret("7K2M-Q0XD-1FTB"))
    for typed in ("7k2m q0xd 1ftb", "7K2MQ0XD1FTB", " 7K2M-QOXD-IFTB\n", "7k2m-qoxd-lftb"):
        assert hash_code(ROOT, ANN, Secret(typed)) == kept, typed
    assert hash_code(ROOT, ANN, Secret("7K2M-Q0XD-1FTC")) != kept


def test_a_hash_belongs_to_one_member_of_one_household():
    code = Secret("7K2M-Q0XD-1FTB")
    assert hash_code(ROOT, BOB, code) != hash_code(ROOT, ANN, code)
    assert hash_code(b"s" * 32, ANN, code) != hash_code(ROOT, ANN, code)
