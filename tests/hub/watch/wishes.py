"""Wishes of every kind that the API accepts, for property tests."""

from hypothesis import strategies as st

from keepsight.hub.event import HEARD_KINDS, SEEN_KINDS
from keepsight.hub.grant import Hours
from keepsight.hub.watch.models import KNOWN
from keepsight.hub.watching import POINTS_MAX, Watching, Zone

share = st.floats(0, 1)
polygon = st.lists(st.tuples(share, share), min_size=3, max_size=POINTS_MAX).map(tuple)
kinds = st.lists(st.sampled_from(SEEN_KINDS), unique=True).map(tuple)
wishes = st.builds(
    Watching,
    is_on=st.booleans(),
    model=st.sampled_from(["none", "own:yard.onnx", *(model.name for model in KNOWN)]),
    kinds=kinds,
    person_confidence=st.none() | st.floats(0.2, 1),
    min_area=share,
    cooldown_seconds=st.floats(0, 86_400),
    zones=st.lists(
        st.builds(Zone, st.text(min_size=1, max_size=64), polygon, kinds), max_size=4
    ).map(tuple),
    masks=st.lists(polygon, max_size=3).map(tuple),
    privacy_masks=st.lists(polygon, max_size=3).map(tuple),
    hours=st.lists(
        st.builds(
            Hours,
            st.frozensets(st.integers(0, 6), min_size=1),
            st.integers(0, 1439),
            st.integers(1, 1440),
        ),
        max_size=3,
    ).map(tuple),
    sounds=st.lists(st.sampled_from(HEARD_KINDS), unique=True).map(tuple),
)
