"""Goal: the attribute decides. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.debuggable import CHECK
from tests.lab.checks.app.facts import C, U, V, app, manifest, outcome


@pytest.mark.parametrize(("value", "expected"), [(True, V), (False, C), (None, U)])
def test_values(value, expected):
    assert outcome(CHECK, app(manifest=manifest(debuggable=value))) is expected


def test_no_manifest_is_unknown():
    assert outcome(CHECK, app(manifest=None)) is U
