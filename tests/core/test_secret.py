"""A secret cannot be printed by accident; by trying every usual way of printing."""

import copy
import pickle

import pytest

from keepsight.core.secret import Secret


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, "{:>20}".format])
def test_no_way_of_printing_shows_it(show):
    assert "hunter2" not in show(Secret("hunter2"))
    assert "hunter2" not in show([Secret("hunter2")]) if show in (str, repr) else True


def test_reveal_gives_it():
    assert Secret("hunter2").reveal() == "hunter2"


def test_it_is_not_pickled_or_copied_into_a_pickle():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        copy.deepcopy(Secret("hunter2"))


def test_equality_and_truth():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
    assert hash(Secret("a")) == hash(Secret("a"))
