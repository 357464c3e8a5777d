"""Goal: each reason has words in both languages, and a sentence.

Method: the table of codes beside the UI's catalogues, name by name and value by value.
"""

import json
import re

import pytest

from keepsight.hub.watch.reason import SENTENCES, Reason, ReasonCode
from tests.paths import ROOT

PREFIX = "watching.reason."
VALUES = re.compile(r"{(\w+)}")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_code_has_words_with_its_values_and_no_others(language):
    words = json.loads((ROOT / "web" / "src" / "i18n" / f"{language}.json").read_text())
    found = {key.removeprefix(PREFIX): text for key, text in words.items() if PREFIX in key}
    assert found.keys() == {code.value for code in ReasonCode}
    for code in ReasonCode:
        named, known = set(VALUES.findall(found[code])), set(VALUES.findall(SENTENCES[code]))
        assert named == known, code


def test_every_code_has_a_sentence():
    assert SENTENCES.keys() == set(ReasonCode)
    reason = Reason(ReasonCode.KILLED, {"signal": "SIGKILL"})
    assert reason.as_fields() == {
        "code": "killed",
        "values": {"signal": "SIGKILL"},
        "message": "the watcher was ended by SIGKILL",
    }


def test_a_sentence_that_lacks_a_value_is_a_defect():
    with pytest.raises(KeyError):
        _ = Reason(ReasonCode.KILLED).sentence
