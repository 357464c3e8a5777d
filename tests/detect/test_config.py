"""A camera's configuration: goal: right or refused in words; method: JSON documents."""

import base64

import pytest

from keepsight.detect.config import ConfigError, read_config

SET = base64.b64encode(b"\x67\x42").decode()
SQUARE = [[0, 0], [1, 0], [1, 1]]


def test_a_whole_configuration():
    config = read_config(
        {
            "codec": "h264",
            "parameter_sets": [SET],
            "model": "efficientdet-lite2",
            "rules": {"kinds": ["person"], "masks": [SQUARE]},
            "privacy_masks": [SQUARE, SQUARE],
        }
    )
    assert config.parameter_sets == (b"\x67\x42",)
    assert config.choice.name == "efficientdet-lite2"
    assert len(config.privacy_masks) == 2
    assert len(config.rules.masks) == 3  # what nobody may see nobody watches either


def test_the_least_and_movement_only():
    config = read_config({"codec": "h265"})
    assert config.choice.name == "efficientdet-lite1"
    assert read_config({"codec": "h265", "model": "none"}).choice is None
    own = read_config({"codec": "h265", "model_file": "/m.onnx", "labels_file": "/l"}).choice
    assert (str(own.file), str(own.labels)) == ("/m.onnx", "/l")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"codec": "vp9"},
        {"codec": "h264", "parameter_sets": "x"},
        {"codec": "h264", "parameter_sets": ["?"]},
        {"codec": "h264", "parameter_sets": [""]},
        {"codec": "h264", "parameter_sets": [3]},
        {"codec": "h264", "parameter_sets": [SET] * 17},
        {"codec": "h264", "rules": []},
        {"codec": "h264", "rules": {"masks": 3}},
        {"codec": "h264", "privacy_masks": [[0]]},
        {"codec": "h264", "model": 3},
    ],
)
def test_what_makes_no_sense_is_refused(document):
    with pytest.raises(ConfigError):
        read_config(document)


def test_sound_is_off_unless_something_is_listened_for():
    sound = {"codec": "aac", "config": "FAg=", "rate": 16000, "channels": 1, "kinds": ["cry"]}
    order = read_config({"codec": "h264", "sound": sound}).sound
    assert (order.kinds, order.form.config, order.form.sample_rate) == (
        ("cry",),
        b"\x14\x08",
        16000,
    )
    assert read_config({"codec": "h264"}).sound is None
    assert read_config({"codec": "h264", "sound": {**sound, "kinds": []}}).sound is None


@pytest.mark.parametrize(
    "change",
    [
        {"codec": 3},
        {"codec": "x" * 99},
        {"config": "?"},
        {"config": "A" * 4000},
        {"rate": "16000"},
        {"rate": -1},
        {"channels": True},
        {"channels": None},
        {"kinds": ["music"]},
        {"kinds": None},
        {"kinds": [["cry"]]},
    ],
    ids=str,
)
def test_sound_without_sense_is_refused(change):
    sound = {"codec": "aac", "config": "FAg=", "rate": 16000, "channels": 1, "kinds": ["cry"]}
    for document in ({**sound, **change}, "sound"):
        with pytest.raises(ConfigError):
            read_config({"codec": "h264", "sound": document})
