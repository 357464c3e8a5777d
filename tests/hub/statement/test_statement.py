"""The privacy statement says what is switched on, nothing else, and is easy to read."""

from dataclasses import replace

import pytest

from keepsight.hub.statement.statement import (
    LANGUAGES,
    CameraFacts,
    OutsideFacts,
    StatementFacts,
    write_statement,
)
from keepsight.lab.read.policy import read_policy

QUIET = StatementFacts(
    household="Lindenhof",
    owners=("Ann",),
    cameras=(CameraFacts("Kitchen", "Ground floor", True, 30, True),),
    members=2,
    guests=0,
    displays=(),
    outside=(),
    notices=(),
    starts_unattended=False,
    written_us=1_790_000_000_000_000,
)
BUSY = replace(
    QUIET,
    owners=("Ann", "Bo"),
    cameras=(
        *QUIET.cameras,
        CameraFacts("Hall", "", False, 30, False, ("person", "dog"), None),
        CameraFacts("Gate", "", True, 9, False, ("person", "sound"), 9, True),
        CameraFacts("Yard", "", True, 60, False, ("person",), 60, eventless_days=1),
    ),
    guests=2,
    displays=("Hall tablet",),
    outside=(OutsideFacts("mail", "mail.example.org"), OutsideFacts("odd", "x.example.org")),
    notices=("person", "dog", "sound"),
    starts_unattended=True,
)


def test_a_quiet_household_says_that_nothing_leaves_the_home():
    text = write_statement(QUIET, "en")
    assert "Kitchen" in text
    assert "30 days" in text
    assert "talks to no computer outside" in text
    assert "not searched for anything" in text
    assert "guest" not in text
    assert "screens show" not in text


def test_what_is_switched_on_is_named():
    text = write_statement(BUSY, "en")
    for expected in (
        "Ann and Bo",
        "**Hall**: can be watched live",
        "2 guests",
        "Hall tablet",
        "mail.example.org",
        "x.example.org",
        "**Hall**: people and dogs. Notes stay until the disk is full.",
        "**Gate**: people and some sounds. Notes are deleted after 9 days.",
        "records the picture. It is deleted after 9 days. Where nothing was noticed",
        "It is deleted after 60 days. Where nothing was noticed, it is deleted after 1 day.",
        "starts by itself",
    ):
        assert expected in text
    assert "talks to no computer" not in text


def test_an_empty_household_has_a_statement_too():
    assert "no camera" in write_statement(replace(QUIET, cameras=()), "en")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_every_sentence(language):
    assert LANGUAGES[language].keys() == LANGUAGES["en"].keys()
    assert "{" not in write_statement(BUSY, language)


def test_an_unknown_language_falls_back_to_english():
    assert write_statement(QUIET, "tlh") == write_statement(QUIET, "en")


@pytest.mark.parametrize("facts", [QUIET, BUSY])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_it_is_one_page_and_easy_by_our_own_measure(tmp_path, facts, language):
    page = tmp_path / "statement.md"
    page.write_text(write_statement(facts, language))
    facts_read, _unread = read_policy(page)
    figures = facts_read.figures
    assert figures.words < 450
    assert figures.reading_ease >= 60


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_part_says_that_it_is_a_part_and_never_that_there_is_nothing(language):
    words = LANGUAGES[language]
    part = write_statement(replace(QUIET, is_whole=False), language)
    assert words["not_whole"] in part
    assert words["not_whole"] not in write_statement(QUIET, language)
    none = write_statement(replace(QUIET, cameras=(), is_whole=False), language)
    assert words["not_whole"] in none
    assert words["no_cameras"] not in none
