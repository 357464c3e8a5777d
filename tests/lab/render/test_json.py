"""The JSON report follows its published schema, whatever is in it."""

import json

import jsonschema
import pytest

from keepsight.lab.baseline import Changes
from keepsight.lab.finding import Finding, Outcome, Severity
from keepsight.lab.render.json import as_dict, render, schema
from tests.lab.reported import report

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_itself_is_valid():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_report_follows_it():
    VALIDATOR.validate(as_dict(report()))
    VALIDATOR.validate(as_dict(report(changes=Changes(("a",), (), (), (), is_same_rating=True))))
    VALIDATOR.validate(as_dict(report(measures={}, findings=(), artefacts=(), recipients=())))


@pytest.mark.parametrize(
    "change", [{"date": "soon"}, {"schema": "x"}, {"findings": [{}]}, {"more": 1}]
)
def test_the_schema_refuses(change):
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(as_dict(report()) | change)


def test_several_reports_are_a_list():
    assert len(json.loads(render([report(), report()]))["reports"]) == 2
    assert json.loads(render([report()]))["schema"] == "keepsight-report/1"


def test_every_outcome_and_severity_is_in_the_schema():
    rows = tuple(Finding("a/b", o, s, "t") for o in Outcome for s in Severity)
    VALIDATOR.validate(
        as_dict(report(findings=rows, area_of={"a/b": "app", "account/delete": "account"}))
    )
