"""What is said to a broker: numbers, kinds and times; names only where an owner wants them."""

import json

from keepsight.hub.event import Event
from keepsight.hub.notices.topics import Topics, Watched, kind_name

HALL = Watched(b"h" * 16, "Hall of Ann", ("person", "bark"))
TOPICS = Topics(b"\x01" * 16)
VISIT = Event(
    b"e" * 16,
    HALL.camera_id,
    "person",
    start_us=5,
    last_us=7,
    end_us=None,
    confidence=0.876543,
    best_us=6,
    best_box=(0.1, 0.2, 0.3, 0.4),
    zones=("Door",),
    path=((0.0, 0.5, 0.5),),
)


def test_an_event_says_what_when_and_where_and_no_more():
    message = TOPICS.event_message("start", VISIT)
    assert message.topic == f"keepsight/{'01' * 16}/{'68' * 16}/event"
    assert not message.is_retained
    assert json.loads(message.payload) == {
        "event": "65" * 16,
        "phase": "start",
        "camera": "68" * 16,
        "kind": "person",
        "start_us": 5,
        "end_us": None,
        "confidence": 0.88,
        "zones": ["Door"],
    }


def test_what_stands_is_one_state_for_each_kind():
    standing = TOPICS.standing([HALL], [(HALL.camera_id, "person")], has_discovery=False)
    assert [(m.topic.rpartition("/")[2], m.payload) for m in standing] == [
        ("person", b"ON"),
        ("bark", b"OFF"),
    ]
    assert all(m.is_retained for m in standing)
    assert b"Hall" not in b"".join(m.payload for m in standing)


def test_what_is_there_stands_though_it_is_not_watched_for_any_more():
    other = [(HALL.camera_id, "llama"), (b"x" * 16, "person")]
    standing = TOPICS.standing([HALL], other, has_discovery=False)
    assert [m.topic.rpartition("/")[2] for m in standing] == ["person", "bark", "llama"]


def test_discovery_names_the_camera_and_points_at_its_states():
    standing = TOPICS.standing([HALL], [], has_discovery=True)
    person, _, bark, state = standing
    found = json.loads(person.payload)
    assert person.topic.startswith("homeassistant/binary_sensor/")
    assert person.topic.endswith("/person/config")
    assert found["device"]["name"] == "Hall of Ann"
    assert found["state_topic"] == TOPICS.state(HALL.camera_id, "person")
    assert found["availability_topic"] == TOPICS.status
    assert json.loads(bark.payload)["device_class"] == "sound"
    assert state.topic == TOPICS.state(HALL.camera_id, "bark")


def test_a_label_of_ones_own_model_cannot_leave_its_topic():
    assert kind_name("Forklift/#+ \0") == "forklift_"
    assert kind_name("") == "_"
    assert set(TOPICS.state(b"c" * 16, "a/b/#").split("/")) == {
        "keepsight", "01" * 16, "63" * 16, "state", "a_b_",
    }  # fmt: skip
