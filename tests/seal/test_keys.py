"""Keys depend on all that names them, and wraps open only in their place; by changing each."""

import pytest

from keepsight.seal import keys
from keepsight.seal.header import Context, Stream


def test_parts_cannot_be_shifted_into_each_other():
    assert keys.join_parts(b"ab", b"c") != keys.join_parts(b"a", b"bc")
    assert keys.expand(b"k" * 32, b"ab", b"c") != keys.expand(b"k" * 32, b"a", b"bc")


def test_every_input_changes_the_camera_key():
    base = (b"m" * 32, b"h" * 16, b"c" * 16, keys.Purpose.LIVE)
    variants = [
        base,
        (b"n" * 32, *base[1:]),
        (base[0], b"i" * 16, *base[2:]),
        (*base[:2], b"d" * 16, base[3]),
        (*base[:3], keys.Purpose.RECORDING),
    ]
    assert len({keys.camera_key(*variant) for variant in variants}) == len(variants)


def test_every_input_changes_the_fragment_secret():
    context = Context(b"h" * 16, b"c" * 16, Stream.MAIN, 1, b"w" * 16)
    contexts = [
        context,
        context._replace(household=b"i" * 16),
        context._replace(camera=b"d" * 16),
        context._replace(stream=Stream.SUB),
        context._replace(writer=b"x" * 16),
    ]
    assert len({keys.fragment_secret(b"k" * 32, c) for c in contexts}) == len(contexts)


def test_a_wrap_opens_only_with_its_key_in_its_place():
    wrapped = keys.wrap(b"k" * 32, b"s" * 32, b"place")
    assert len(wrapped) == keys.WRAPPED_BYTES
    assert keys.unwrap(b"k" * 32, wrapped, b"place") == b"s" * 32
    for key, data, place in (
        (b"j" * 32, wrapped, b"place"),
        (b"k" * 32, wrapped, b"elsewhere"),
        (b"k" * 32, wrapped[:-1] + b"\0", b"place"),
        (b"k" * 32, wrapped[:5], b"place"),
        (b"k" * 32, bytes(60), b"place"),
    ):
        with pytest.raises(keys.UnwrapError):
            keys.unwrap(key, data, place)


def test_opaque_names_differ_by_epoch_camera_and_stream():
    names = {
        keys.opaque_stream(master, camera, stream)
        for master in (b"1" * 32, b"2" * 32)
        for camera in (b"a" * 16, b"b" * 16)
        for stream in Stream
    }
    assert len(names) == 2 * 2 * len(Stream)
    assert all(len(name) == 16 for name in names)


def test_ids_and_keys_are_fresh():
    assert len({keys.new_id() for _ in range(100)}) == 100
    assert len(keys.new_key()) == 32
