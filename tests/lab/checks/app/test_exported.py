"""Goal: what has to be open is no fault, an open provider is. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.exported import CHECK
from keepsight.lab.facts.app import Component
from tests.lab.checks.app.facts import C, U, V, app, manifest, outcome


def component(kind, **changes):
    return Component(kind, "org.example.X", **{"exported": True, **changes})


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (component("provider"), V), (component("provider", permission="p"), C),
        (component("provider", exported=False), C), (component("service"), U),
        (component("activity", categories=("android.intent.category.LAUNCHER",)), C),
        (component("activity", actions=("android.intent.action.VIEW",)), C),
        (component("service", actions=("com.google.firebase.MESSAGING_EVENT",)), C),
        (component("receiver", actions=("org.example.GO",)), U),
    ],
)  # fmt: skip
def test_components(one, expected):
    assert outcome(CHECK, app(manifest=manifest(components=(one,)))) is expected


def test_nothing_exported_is_clear():
    assert outcome(CHECK, app()) is C
