"""QUIC Initial packets: the keys of RFC 9001's appendix, and packets sealed here."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read.quic import QuicStart, initial_keys, is_long_header
from tests.lab.synthetic.traffic import client_hello, server_hello

DESTINATION = bytes.fromhex("8394c8f03e515708")


def initial(side, frames, *, number=0, version=1):
    """An Initial packet, sealed as RFC 9001 section 5 says."""
    key, iv, protection = initial_keys(version, DESTINATION, side)
    plain = frames + bytes(max(0, 1150 - len(frames)))
    bits = 0xC3 | ({1: 0, 0x6B3343CF: 1}[version] << 4)
    length = len(plain) + 4 + 16
    head = bytes([bits]) + version.to_bytes(4, "big") + b"\x08" + DESTINATION + b"\0\0"
    head += (0x4000 | length).to_bytes(2, "big") + number.to_bytes(4, "big")
    nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big"), strict=True))
    sealed = AESGCM(key).encrypt(nonce, plain, head)
    mask = Cipher(algorithms.AES(protection), modes.ECB()).encryptor().update(sealed[:16])
    out = bytearray(head + sealed)
    out[0] ^= mask[0] & 0x0F
    at = len(head) - 4
    for n in range(4):
        out[at + n] ^= mask[1 + n]
    return bytes(out)


def crypto(offset, data):
    return (
        b"\x06"
        + (0x4000 | offset).to_bytes(2, "big")
        + (0x4000 | len(data)).to_bytes(2, "big")
        + data
    )


def test_the_keys_of_the_rfc():
    key, iv, protection = initial_keys(1, DESTINATION, "client")
    assert key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert iv.hex() == "fa044b2f42a3fd3b46fb255c"
    assert protection.hex() == "9f50449e04a0e810283a1e9933adedd2"


def test_both_hellos_come_out_also_in_pieces_and_out_of_order():
    for version in (1, 0x6B3343CF):
        start, hello = QuicStart(), client_hello("api.example.net")
        packet = initial(
            "client", crypto(90, hello[90:]) + b"\1" + crypto(0, hello[:90]), version=version
        )
        assert is_long_header(packet)
        assert start.feed(packet, is_client=True) == hello
        ack = b"\x02\0\0\0\0"
        answer = initial("server", ack + crypto(0, server_hello()), version=version)
        assert start.feed(answer, is_client=False) == server_hello()


def test_an_answer_without_the_question_gives_nothing():
    assert QuicStart().feed(initial("server", crypto(0, server_hello())), is_client=False) == b""


@given(st.binary(max_size=200), st.integers(0, 1190), st.integers(0, 255))
def test_damage_never_raises(noise, at, value):
    packet = bytearray(initial("client", crypto(0, client_hello("a.example"))))
    packet[at % len(packet)] = value
    QuicStart().feed(bytes(packet), is_client=True)
    QuicStart().feed(noise, is_client=True)
    is_long_header(noise)
