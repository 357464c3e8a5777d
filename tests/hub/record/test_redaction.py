"""Goal: a film is changed in a process that has nothing else, and what it says is not believed.

Method: the real process behind its real walls, on films in memory; and lies through a pipe.
"""

import contextlib
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.model import DEFAULT_DETECTOR, FACE_MODEL
from keepsight.detect.models import models_folder
from keepsight.hub.record import redaction as module
from keepsight.hub.record.redaction import (
    COUNTS,
    NEEDED,
    RANGE_US_MAX,
    Redaction,
    RedactionError,
    Redactor,
    _counts,
    _lines,
)
from keepsight.hub.walls.confine import missing_protection
from tests.detect.installed import need_model
from tests.detect.test_blur import PATH, detail, pictures, sound, write_film

MASK = ((0.4, 0.2), (0.6, 0.2), (0.6, 0.7), (0.4, 0.7))
WALLED = pytest.mark.skipif(bool(missing_protection()), reason="no Landlock or seccomp here")


@pytest.fixture
def secret(tmp_path):
    folder = tmp_path / "household"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("films") / "in.mp4")


@contextlib.contextmanager
def memory(content=b""):
    descriptor = os.memfd_create("test", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def changed(redactor, redaction, source, target_path, **more):
    shares = []
    with memory(source.read_bytes()) as before, memory() as after:
        said = redactor.run(
            redaction, before, after, 2.0,
            **{"progress": shares.append, "should_stop": lambda: False, **more},
        )  # fmt: skip
        os.lseek(after, 0, os.SEEK_SET)
        target_path.write_bytes(os.read(after, 1 << 30))
    return said, shares


@WALLED
def test_masks_are_burnt_in_behind_walls(film, secret, tmp_path):
    redactor = Redactor(tmp_path / "none", secret)
    said, shares = changed(redactor, Redaction(masks=(MASK,)), film, tmp_path / "out.mp4")
    assert said["pictures"] == len(PATH)
    assert said["size_bytes"] == (tmp_path / "out.mp4").stat().st_size
    assert shares == sorted(shares)
    for _, picture in pictures(tmp_path / "out.mp4"):
        assert picture[72:252, 256:384].max() < 40
    assert sound(tmp_path / "out.mp4") == sound(film)


@WALLED
def test_faces_are_blurred_behind_walls(film, secret, tmp_path):
    need_model(FACE_MODEL)
    need_model(DEFAULT_DETECTOR)
    redactor = Redactor(models_folder(), secret)
    wish = Redaction(blurs_faces=True, has_sound=False)
    redactor.check(wish, 0, 2_000_000)
    said, _ = changed(redactor, wish, film, tmp_path / "out.mp4")
    assert said["smeared"] == len(PATH)
    for (_, old), (_, new), x in zip(
        pictures(film), pictures(tmp_path / "out.mp4"), PATH, strict=True
    ):
        across = int(x * 640)
        face = slice(117, 207), slice(across - 32, across + 32)
        assert detail(new[face]) < 0.35 * detail(old[face])
    assert sound(tmp_path / "out.mp4") is None


@WALLED
def test_what_is_no_film_and_what_is_stopped_end_in_words(film, secret, tmp_path):
    redactor = Redactor(tmp_path / "none", secret)
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    with pytest.raises(RedactionError) as raised:
        changed(redactor, Redaction(masks=(MASK,)), tmp_path / "bad.mp4", tmp_path / "out.mp4")
    assert raised.value.code == "failed"
    with pytest.raises(RedactionError) as raised:
        changed(
            redactor, Redaction(masks=(MASK,)), film, tmp_path / "out.mp4",
            should_stop=lambda: True,
        )  # fmt: skip
    assert raised.value.code == "stopped"


def test_it_has_no_way_to_the_household(secret, tmp_path):
    inside = Redactor(secret / "models", secret)
    (secret / "models").mkdir()
    with memory() as before, memory() as after, pytest.raises(RedactionError) as raised:
        inside.run(
            Redaction(masks=(MASK,)), before, after, 1.0,
            progress=lambda _: None, should_stop=lambda: False,
        )  # fmt: skip
    assert raised.value.code == "no_walls"
    command = Redactor(tmp_path / "none", secret)._command()
    plan = json.loads(command[command.index("keepsight.hub.walls.confine") + 1])
    assert plan["writable"] == plan["scratch"] == []
    assert not any(Path(path) in (secret, *secret.parents) for path in plan["readable"])


def test_what_cannot_be_done_is_said_before_it_begins(secret, tmp_path, monkeypatch):
    redactor = Redactor(tmp_path / "models", secret)
    redactor.check(Redaction(), 0, 10 * RANGE_US_MAX)
    monkeypatch.setattr(module, "missing_protection", list)
    for wish, to_us, code in (
        (Redaction(masks=(MASK,)), RANGE_US_MAX + 1, "too_long"),
        (Redaction(blurs_faces=True), 1, "no_face_model"),
    ):
        with pytest.raises(RedactionError) as raised:
            redactor.check(wish, 0, to_us)
        assert raised.value.code == code
    assert "models install yunet" in str(raised.value)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RedactionError) as raised:
        redactor.check(Redaction(blurs_faces=True), 0, 1)
    assert raised.value.code == "no_face_runtime"
    monkeypatch.setattr(module, "missing_protection", lambda: ["landlock"])
    with pytest.raises(RedactionError) as raised:
        redactor.check(Redaction(masks=(MASK,)), 0, 1)
    assert raised.value.code == "no_walls"


def test_the_needed_models_are_those_of_the_watcher():
    assert set(NEEDED) == {FACE_MODEL, DEFAULT_DETECTOR}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*COUNTS, "x"]), json_values))
def test_numbers_are_numbers_or_it_failed(done):
    is_whole = all(type(done.get(n)) is int and 0 <= done[n] < 1 << 53 for n in COUNTS)
    if is_whole:
        assert _counts({"done": done}) == {name: done[name] for name in COUNTS}
    else:
        with pytest.raises(RedactionError):
            _counts({"done": done})


@pytest.mark.parametrize("said", [{}, {"error": "why\n\x1b[0m"}, {"done": 3}, {"error": 7}])
def test_an_error_is_one_printable_line(said):
    with pytest.raises(RedactionError) as raised:
        _counts(said)
    assert str(raised.value).isprintable()


def through_a_pipe(data, *, ends_at=float("inf"), should_stop=lambda: False):
    read, write = os.pipe()

    def fill():
        with contextlib.suppress(OSError), os.fdopen(write, "wb") as pipe:
            pipe.write(data)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        with os.fdopen(read, "rb", buffering=0) as pipe:
            return list(_lines(pipe, ends_at, should_stop))
    finally:
        thread.join()


def test_lines_come_whole_and_what_is_too_long_is_refused():
    assert through_a_pipe(b"a\nbb\nrest") == [b"a", b"bb"]
    for flood in (bytes(100_000), b"x\n" * (1 << 20)):
        with pytest.raises(RedactionError):
            through_a_pipe(flood)
    with pytest.raises(RedactionError) as raised:
        through_a_pipe(b"a\n", ends_at=0.0)
    assert raised.value.code == "too_slow"


def test_a_wish_says_all_of_it():
    wish = json.loads(Redaction(True, (MASK,), False).as_wish())
    assert wish == {"blur_faces": True, "masks": [[list(p) for p in MASK]], "has_sound": False}
    assert Redaction(True, (MASK,), False).changes == ("faces", "masks", "sound")
    assert (Redaction().is_needed, Redaction().changes) == (False, ())
    assert (Redaction(has_sound=False).is_needed, Redaction(has_sound=False).changes) == (
        True,
        ("sound",),
    )
