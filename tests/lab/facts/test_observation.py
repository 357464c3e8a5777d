"""An answer is given in its own type, and what was not answered is None, never a default."""

from keepsight.lab.facts.observation import Observation, Observations

SEEN = Observations(
    {
        "update_mode": Observation("update_mode", "manual", "seen in settings"),
        "password_length_min": Observation("password_length_min", 8),
        "second_factor": Observation("second_factor", ("totp", "sms")),
        "odd": Observation("odd", value=True),
    }
)


def test_answers_in_their_type():
    assert SEEN.text("update_mode") == "manual"
    assert SEEN.number("password_length_min") == 8
    assert SEEN.words("second_factor") == ("totp", "sms")
    assert SEEN.note("update_mode") == "seen in settings"


def test_another_type_or_no_answer_is_none():
    assert SEEN.text("password_length_min") is None
    assert SEEN.number("odd") is None
    assert SEEN.words("update_mode") is None
    assert SEEN.number("shutter") is None
    assert SEEN.note("shutter") == ""
