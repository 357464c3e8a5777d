"""SARIF 2.1.0: the parts of the standard's schema that we write, written out here."""

import json

import jsonschema

from keepsight.lab.checks.registry import ALL_CHECKS
from keepsight.lab.render.sarif import render
from tests.lab.reported import report

MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
SUBSET = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string", "format": "uri"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {"shortDescription": MESSAGE},
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {"type": "object", "required": ["executionSuccessful"]},
                    },
                    "artifacts": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {
                            "type": "object",
                            "properties": {
                                "length": {"type": "integer", "minimum": -1},
                                "location": {
                                    "type": "object",
                                    "properties": {
                                        "uri": {"type": "string", "format": "uri-reference"}
                                    },
                                },
                            },
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "properties": {
                                "message": MESSAGE,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "kind": {
                                    "enum": [
                                        "notApplicable",
                                        "pass",
                                        "fail",
                                        "review",
                                        "open",
                                        "informational",
                                    ]
                                },
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "suppressions": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["kind"],
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {
                                                "enum": ["accepted", "underReview", "rejected"]
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_it_follows_the_standard():
    document = json.loads(render([report(), report()]))
    jsonschema.Draft7Validator(SUBSET).validate(document)
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len(rules) == len(ALL_CHECKS)
        for result in run["results"]:
            # Section 3.27.10: a result that does not fail has no level.
            assert (result["level"] == "none") == (result["kind"] != "fail")
            if "ruleIndex" in result:
                assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_unknown_is_for_review_and_unread_is_a_notification():
    run = json.loads(render([report()]))["runs"][0]
    assert {"fail", "pass", "review"} <= {result["kind"] for result in run["results"]}
    assert "cut" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    hidden = [result for result in run["results"] if result.get("suppressions")]
    assert "known" in hidden[0]["suppressions"][0]["justification"]
