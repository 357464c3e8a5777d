"""Sinks: goal: who takes what was noticed takes all of it; method: signatures side by side."""

import inspect

import pytest

from keepsight.hub.events.events import Events
from keepsight.hub.watch.sink import NobodySink, Sink

CALLS = sorted(name for name in vars(Sink) if name.startswith("on_"))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", [NobodySink, Events])
def test_every_sink_takes_every_call(kind, name):
    asked = inspect.signature(getattr(Sink, name)).parameters
    taken = inspect.signature(getattr(kind, name)).parameters
    assert list(taken) == list(asked)


@pytest.mark.parametrize("name", CALLS)
def test_nobody_cares(name):
    count = len(inspect.signature(getattr(NobodySink, name)).parameters) - 1
    assert getattr(NobodySink(), name)(*[None] * count) is None
