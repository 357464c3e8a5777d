"""Goal: tables and owners of code are found, lies are refused. Method: dex files by hand."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lab.read.dex import Dex, dotted
from keepsight.lab.read.limits import STRING_BYTES_MAX, UnreadableArtefact
from tests.lab.synthetic.code import Class, Method, dex

VOID = [("return-void",)]
ONE = Class("Lorg/a/One;", [
    Method("x", "()V", VOID),
    Method("y", "(ILjava/lang/String;)I", [("const/4", 0, 1), ("return", 0)]),
])  # fmt: skip
TWO = Class("Lorg/a/Two;", [
    Method("z", "()V", None, static=False),
    Method("w", "()V", VOID, static=False),
])  # fmt: skip
DATA = dex(ONE, TWO, Class("Lorg/b/Empty;"), extra_strings=("http://a", "http://b", "\u00e4"))


def test_strings_and_types_are_found_by_bisection():
    file = Dex(DATA)
    assert file.string(file.find_string(b"http://a")) == "http://a"
    assert file.find_string(b"http://c") is None
    assert [raw for _, raw in file.strings_from(b"http://")] == [b"http://a", b"http://b"]
    found = file.types_from(b"Lorg/a/")
    assert [dotted(file.type_name(one)) for one in found] == ["org.a.One", "org.a.Two"]
    assert file.type_name(file.find_type("Lorg/b/Empty;")) == "Lorg/b/Empty;"
    assert file.find_type("Lorg/b/Other;") is None


def test_methods_have_names_classes_and_prototypes():
    file = Dex(DATA)
    ((method, _),) = file.methods_named([file.find_string(b"y")])
    assert file.method_name(method) == "y"
    assert file.method_proto(method) == "(ILjava/lang/String;)I"
    assert file.type_name(file.method_class(method)) == "Lorg/a/One;"


def test_every_byte_of_code_has_its_method():
    file = Dex(DATA)
    file.load_code()
    names = {}
    for name in ("w", "x", "y"):
        ((method, _),) = file.methods_named([file.find_string(name.encode())])
        ((code, _),) = file.code_of([method])
        names[name] = code
        for offset in range(code + 16, file.code_end(code), 2):
            assert file.method_at(offset) == (code, method)
        assert file.method_at(code) is None
        assert file.method_at(code + 17) is None
    first, last = file.code_range
    assert first <= min(names.values())
    assert max(names.values()) < last


def test_classes_are_counted():
    file = Dex(DATA)
    assert file.class_count == 3
    assert len(file.defined_types()) == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"dex\n035\0", b"dey\n035\0" + DATA[8:]]
    + [b"dex\n%03d\0" % version + DATA[8:] for version in (0, 34, 41, 42, 999)],
)
def test_what_is_no_dex_file_is_refused(data):
    with pytest.raises(UnreadableArtefact):
        Dex(data)


@pytest.mark.parametrize("version", range(35, 41))
def test_every_version_before_the_container_is_read(version):
    assert Dex(b"dex\n%03d\0" % version + DATA[8:]).class_count == 3


def test_every_truncation_is_refused():
    for length in range(len(DATA)):
        with pytest.raises(UnreadableArtefact):
            Dex(DATA[:length])


def test_tables_that_point_outside_are_refused():
    data = bytearray(DATA)
    data[0x38:0x3C] = struct.pack("<I", 2**31)
    with pytest.raises(UnreadableArtefact, match="table"):
        Dex(bytes(data))


def test_numbers_out_of_range_are_refused():
    file = Dex(DATA)
    for ask in (file.raw_string, file.type_name, file.method_class, file.method_name, file.field):
        with pytest.raises(UnreadableArtefact):
            ask(60_000)


def test_classes_on_top_of_each_other_are_refused_soon():
    """The same long class data, claimed by many classes: work must not multiply."""
    names = [f"m{number:05}" for number in range(2000)]
    many = Class("La/A;", [Method(name, "()V", None, static=False) for name in names])
    data = bytearray(dex(many, *(Class(f"Lb/B{number:05};") for number in range(500))))
    count, offset = struct.unpack_from("<II", data, 0x60)
    target = data[offset + 24 : offset + 28]
    for number in range(count):
        data[offset + 32 * number + 24 : offset + 32 * number + 28] = target
    with pytest.raises(UnreadableArtefact, match="more members"):
        Dex(bytes(data)).load_code()


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255), st.integers(0, 100_000), st.integers(0, 255))
def test_changed_bytes_are_read_or_refused(first, one, second, two):
    data = bytearray(DATA)
    data[first % len(data)] = one
    data[second % len(data)] = two
    try:
        file = Dex(bytes(data))
        file.load_code()
        start, end = file.code_range
        for offset in range(start, min(end, len(data)), 2):
            file.method_at(offset)
        for number in range(file.string_count):
            file.string(number)
    except (UnreadableArtefact, IndexError):
        pass


def test_an_absurdly_long_string_is_refused():
    data = dex(Class("La/B;"), extra_strings=("x" * (STRING_BYTES_MAX + 1),))
    file = Dex(data)
    with pytest.raises(UnreadableArtefact, match="absurdly long"):
        file.string(file.string_count - 1)


def test_only_class_names_are_dotted():
    assert dotted("Lorg/a/One$Two;") == "org.a.One$Two"
    assert dotted("[I") == "[I"
