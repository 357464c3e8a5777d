"""Who comes by is decided by seed and time alone, and nobody jumps. Method: an hour of visits,
step by step.
"""

import itertools

from keepsight.camera.scenes import front_door, living_room
from keepsight.camera.walk import SLOT_SECONDS, Halt, Walks

ALL = (front_door.WALKS, living_room.WALKS)


def test_the_same_question_has_the_same_answer():
    for walks in ALL:
        moments = [n * 0.9 for n in range(300)]
        assert [walks.at(5, m) for m in moments] == [walks.at(5, m) for m in moments]
        assert [walks.at(5, m) for m in moments] != [walks.at(6, m) for m in moments]


def test_people_come_and_go_and_do_not_jump():
    for walks in ALL:
        visits = [walks.at(1, n / 10) for n in range(36_000)]
        present = sum(visit is not None for visit in visits)
        assert 0.15 < present / len(visits) < 0.85
        for one, other in itertools.pairwise(visits):
            if one and other and one.outfit is other.outfit:
                (x0, y0), (x1, y1) = one.pose.ground, other.pose.ground
                assert abs(x1 - x0) + abs(y1 - y0) < 60
            elif other and not one:
                assert not 0 < other.pose.ground[0] < 1280, "somebody appeared in the picture"
            elif one and not other:
                assert not 0 < one.pose.ground[0] < 1280, "somebody vanished in the picture"


def test_every_route_ends_within_its_slot():
    for walks in ALL:
        for route in walks.routes:
            assert walks._walk(route, SLOT_SECONDS - 3.0) is None, route


def test_halts_stand_still_facing_where_they_go():
    walks = Walks(((Halt((0, 0)), Halt((100, 0), 5.0), Halt((0, 0))),), lambda _y: 100.0)
    poses = [walks._walk(walks.routes[0], n / 10) for n in range(100)]
    standing = [p for p in poses if p and p.stride == 0 and p.ground == (100, 0)]
    assert len(standing) > 40
    assert poses[2].facing == 1
    assert [p for p in poses if p][-1].facing == -1
    assert walks._walk(walks.routes[0], -1) is None
