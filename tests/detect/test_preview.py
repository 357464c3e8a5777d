"""Preview strips. Goal: whatever its length a visit is at most twelve small pictures, evenly
spread, masked, in bounded memory. Method: visits over numbered pictures; strips are decoded."""

import numpy as np
import pytest

from keepsight.detect.decoder import Picture
from keepsight.detect.event import Event, Phase
from keepsight.detect.events import Told
from keepsight.detect.masks import Veil
from keepsight.detect.preview import PICTURES_MAX, STRIPS_MAX, Previews
from keepsight.detect.sight import Box
from tests.detect.test_jpeg import opened

BOX = Box(0, 0, 1, 1)


class Numbered(Picture):
    """A picture whose grey says when it was taken: 0 black, `seconds` white."""

    def __init__(self, second, seconds, size=(320, 180)):
        self.media_us, self.wall_us = int(second * 1e6), 0
        self._colour = np.full(
            (size[1], size[0], 3), int(60 + 190 * min(1, second / seconds)), np.uint8
        )


def told(phase, second, event_id="ab" * 16):
    us = int(second * 1e6)
    return Told(
        Event(event_id, phase, "person", 0, us, 0, us, 0, 0.9, BOX, 0, 0, (), 1, ()),
        is_new_best=False,
    )


def visit(previews, seconds, *, step=0.2, gone=0.0, ids=("ab" * 16,)):
    """All sheets of a visit of so many seconds, looked at every `step`; then gone for a while."""
    sheets, second = [], 0.0
    while second < seconds + gone:
        begun = [told(Phase.START, second, each) for each in ids] if second == 0 else []
        sheets += previews.take(Numbered(second, seconds + gone), begun)
        second += step
    last = [told(Phase.END, seconds, each) for each in ids]
    return sheets + previews.take(Numbered(second, seconds + gone), last)


def cells(sheet):
    picture = opened(sheet.jpeg)
    rows, columns = picture.shape[0] // sheet.rows, picture.shape[1] // sheet.columns
    cut = picture.reshape(sheet.rows, rows, sheet.columns, columns, 3).swapaxes(1, 2)
    return cut.reshape(-1, rows, columns, 3)


@pytest.mark.parametrize("seconds", [3, 9, 40, 600])
def test_a_visit_is_spread_evenly_whatever_its_length(seconds):
    sheet = visit(Previews(Veil(())), seconds, step=0.2)[-1]
    assert PICTURES_MAX // 2 <= sheet.count <= PICTURES_MAX
    assert sheet.columns * sheet.rows >= sheet.count
    greys = [cell.mean() for cell in cells(sheet)]
    times = [(grey - 60) / 190 * seconds for grey in greys[: sheet.count]]
    assert abs(times[0]) < 0.1 * seconds
    assert times[-1] > 0.8 * seconds
    gaps = np.diff(times)
    assert gaps.min() > 0
    assert gaps.max() < 2.6 * gaps.mean()
    assert all(grey < 20 for grey in greys[sheet.count :])  # empty places


def test_it_is_sent_early_once_and_at_the_end():
    sheets = visit(Previews(Veil(())), 20)
    assert [sheet.event_id for sheet in sheets] == ["ab" * 16] * 2
    assert sheets[0].count < sheets[1].count
    assert len(visit(Previews(Veil(())), 2)) == 1


def test_the_pictures_are_small_and_even():
    sheet = visit(Previews(Veil(())), 9)[-1]
    assert cells(sheet)[0].shape == (134, 240, 3)
    assert len(sheet.jpeg) <= 256 << 10


def test_what_comes_after_the_last_sight_is_left_out():
    sheet = visit(Previews(Veil(())), 8, gone=8)[-1]
    greys = [cell.mean() for cell in cells(sheet)[: sheet.count]]
    assert (max(greys) - 60) / 190 * 16 <= 8.5


def test_one_look_alone_makes_no_strip():
    assert visit(Previews(Veil(())), 0.3, step=0.6) == []


def test_masks_are_black_in_every_picture():
    left = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    for sheet in visit(Previews(Veil((left,))), 9):
        for cell in cells(sheet)[: sheet.count]:
            assert cell[:, :110].max() < 40
            assert cell[:, 130:].mean() > 40


def test_visits_at_the_same_time_are_bounded_and_share_their_pictures():
    previews = Previews(Veil(()))
    ids = tuple(bytes([number] * 16).hex() for number in range(STRIPS_MAX + 3))
    previews.take(Numbered(0, 9), [told(Phase.START, 0, each) for each in ids])
    for number in range(1, 30):
        previews.take(Numbered(number * 0.5, 20), [])
    strips = list(previews._strips.values())
    assert len(strips) == STRIPS_MAX
    assert len({id(picture) for strip in strips for _, picture in strip.pictures}) <= PICTURES_MAX
    last = previews.take(None, [told(Phase.END, 14, each) for each in ids])
    assert {sheet.event_id for sheet in last} == set(ids[:STRIPS_MAX])
    assert not previews._strips


def test_another_format_begins_anew():
    previews = Previews(Veil(()))
    previews.take(Numbered(0, 9), [told(Phase.START, 0)])
    previews.take(Numbered(1, 9), [])
    for number in (2, 3):
        previews.take(Numbered(number, 9, size=(320, 240)), [])
    (sheet,) = previews.take(Numbered(4, 9, size=(320, 240)), [told(Phase.END, 4)])
    assert sheet.count == 3
    assert cells(sheet)[0].shape == (180, 240, 3)
