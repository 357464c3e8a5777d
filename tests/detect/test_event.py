"""An event as JSON: goal: everything in it is plain data; method: through json and back."""

import json

from keepsight.detect.event import Event, Phase, as_document
from keepsight.detect.sight import Box


def test_it_survives_json():
    box = Box(0.1, 0.2, 0.3, 0.4)
    event = Event(
        "ab" * 16, Phase.END, "person", 1, 2, 3, 4, 2, 0.98765, box, 1, 3, ("door",), 2, ((1, box),)
    )  # fmt: skip
    document = as_document(event)
    assert json.loads(json.dumps(document)) == document
    assert document["confidence"] == 0.988
    assert document["phase"] == "end"
