"""Goal: a constant is reported only if it holds on every path. Method: methods written by hand."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lab.read.dex import Dex
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.registers import Follower
from tests.lab.synthetic.code import Class, Method, dex

TAKE = ("invoke-static", "Lx/Y;", "take", "(I)V")
SHOW = ("invoke-static", "Lx/Y;", "show", "([B)V")


def call(register, target=TAKE):
    return (*target, [register])


def arguments(*body, static=True, proto="(I)V", target="take", **more):
    """Return what the calls of `target` in this method are proven to get."""
    lines = [*body, ("return-void",)]
    data = dex(Class("La/B;", [Method("m", proto, lines, static=static, **more)]))
    file = Dex(data)
    file.load_code()
    numbers = {method for method, _ in file.methods_named([file.find_string(target.encode())])}
    encoders = frozenset(
        method for method, _ in file.methods_named([file.find_string(b"getBytes") or -1])
    )
    ((method, _),) = file.methods_named([file.find_string(b"m")])
    ((code, _),) = file.code_of([method])
    follower = Follower(data, code, file.string, encoders)
    wanted = {
        at for at in follower.starts
        if data[at] == 0x71 and struct.unpack_from("<H", data, at + 2)[0] in numbers
    }  # fmt: skip
    return [one.arguments for one in follower.calls(wanted)]


@pytest.mark.parametrize(
    ("line", "value"),
    [(("const/4", 0, -1), -1), (("const/16", 0, 0x7FFF), 0x7FFF), (("const", 0, -70000), -70000),
     (("const/high16", 0, 0x7F01), 0x7F010000)],
)  # fmt: skip
def test_number_constants(line, value):
    assert arguments(line, call(0)) == [(value,)]


def test_moves_carry_the_value():
    assert arguments(("const/4", 1, 3), ("move", 0, 1), call(0)) == [(3,)]


def test_a_later_write_is_what_counts():
    body = (("const/4", 0, 1), ("const/4", 0, 2), call(0))
    assert arguments(*body) == [(2,)]


def test_a_write_of_something_unknown_clears():
    body = (("const/4", 0, 1), ("sget-boolean", 0), call(0))
    assert arguments(*body) == [(None,)]


def test_parameters_are_unknown():
    assert arguments(call(7)) == [(None,)]


def test_branches_that_agree_keep_the_value():
    body = (
        ("const/4", 0, 1), ("if-eqz", 7, "else"), ("const/4", 0, 2), ("goto", "end"),
        ("label", "else"), ("const/4", 0, 2), ("label", "end"), call(0),
    )  # fmt: skip
    assert arguments(*body) == [(2,)]


def test_branches_that_disagree_make_it_unknown():
    body = (
        ("const/4", 0, 1), ("if-eqz", 7, "end"), ("const/4", 0, 2), ("label", "end"), call(0),
    )  # fmt: skip
    assert arguments(*body) == [(None,)]


def test_true_and_one_of_another_kind_do_not_agree():
    body = (
        ("const-string", 0, "a"), ("if-eqz", 7, "end"), ("const/4", 0, 2), ("label", "end"),
        call(0),
    )  # fmt: skip
    assert arguments(*body) == [(None,)]


def test_a_value_changed_in_a_loop_is_unknown_at_its_head():
    body = (
        ("const/4", 0, 0), ("label", "head"), call(0), ("add-int/lit8", 0, 0, 1),
        ("if-eqz", 7, "head"),
    )  # fmt: skip
    assert arguments(*body) == [(None,)]


def test_a_register_written_once_holds_through_loops_and_branches():
    body = (
        ("const/4", 0, 5), ("const/4", 1, 0), ("label", "head"), call(0),
        ("add-int/lit8", 1, 1, 1), ("if-eqz", 7, "head"),
    )  # fmt: skip
    assert arguments(*body) == [(5,)]


def test_code_behind_a_goto_starts_from_nothing():
    body = (
        ("const/4", 0, 1), ("const/4", 0, 2), ("goto", "end"), ("label", "dead"), call(0),
        ("label", "end"),
    )  # fmt: skip
    assert arguments(*body) == [(None,)]


def test_exception_handlers_start_from_nothing():
    tries = struct.pack("<IHH", 0, 3, 1) + bytes([1, 0x00, 2])
    body = (("const/4", 0, 1), ("const/4", 0, 2), call(0))
    assert arguments(*body) == [(2,)]
    assert arguments(*body, tries=tries, try_count=1) == [(None,)]


def test_constant_arrays_are_read():
    body = (("const/4", 1, 4), ("new-array", 0, 1, "[B"), ("fill-array", 0, b"\1\2\3\4"),
            call(0, SHOW))  # fmt: skip
    assert arguments(*body, target="show") == [(b"\1\2\3\4",)]


def test_an_array_never_filled_is_zeros():
    body = (("const/4", 1, 4), ("new-array", 0, 1, "[B"), call(0, SHOW))
    assert arguments(*body, target="show") == [(bytes(4),)]


def test_an_array_somebody_else_held_is_unknown():
    fill = ("invoke-static", "Lx/Y;", "fill", "([B)V", [0])
    body = (("const/4", 1, 4), ("new-array", 0, 1, "[B"), ("move-object", 2, 0), fill,
            call(2, SHOW))  # fmt: skip
    assert arguments(*body, target="show") == [(None,)]


def test_an_array_that_is_written_to_is_unknown():
    body = (("const/4", 1, 4), ("new-array", 0, 1, "[B"), ("aput-byte", 1, 0, 1), call(0, SHOW))
    assert arguments(*body, target="show") == [(None,)]


def test_the_bytes_of_a_constant_string_are_constant():
    get = ("invoke-virtual", "Ljava/lang/String;", "getBytes", "()[B", [1])
    body = (("const-string", 1, "secret"), get, ("move-result-object", 0), call(0, SHOW))
    assert arguments(*body, target="show") == [(b"secret",)]


def test_the_result_of_an_unknown_call_is_unknown():
    other = ("invoke-static", "Lx/Y;", "make", "()I", [])
    assert arguments(("const/4", 0, 1), other, ("move-result", 0), call(0)) == [(None,)]


def test_code_that_runs_past_its_end_is_refused():
    with pytest.raises(UnreadableArtefact):
        arguments(call(0), ("raw", b"\x18\x00"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4))
def test_changed_code_is_followed_or_refused(changes):
    body = [("const/4", 0, 1), ("const/4", 1, 4), ("new-array", 2, 1, "[B"), call(0), call(0),
            ("fill-array", 2, b"1234"), ("if-eqz", 7, "end"), ("label", "end"),
            ("return-void",)]  # fmt: skip
    data = bytearray(dex(Class("La/B;", [Method("m", "(I)V", body)])))
    file = Dex(bytes(data))
    file.load_code()
    ((method, _),) = file.methods_named([file.find_string(b"m")])
    ((code, _),) = file.code_of([method])
    for place, byte in changes:
        data[code + place] = byte
    try:
        follower = Follower(bytes(data), code, file.string, frozenset())
        follower.calls(set(follower.starts))
    except (UnreadableArtefact, IndexError):
        pass
