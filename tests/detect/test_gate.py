"""The gate: goal: opens for somebody, not for noise, a clock, a tree, rain or light.

Method: small luma pictures with each of these drawn into them.
"""

import numpy as np
import pytest

from keepsight.detect.gate import FRUITLESS_LOOKS, Gate, gain_for, small_size

WIDTH, HEIGHT = 160, 88


@pytest.fixture
def generator():
    return np.random.default_rng(11)


def scene(generator, sigma=2.0, offset=0):
    base = np.random.default_rng(1).integers(60, 150, (HEIGHT // 8, WIDTH // 8))
    picture = base.repeat(8, 0).repeat(8, 1) + generator.normal(0, sigma, (HEIGHT, WIDTH)) + offset
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_person(picture, left):
    drawn = picture.copy()
    drawn[30:44, left : left + 6] = 230
    return drawn


def warmed(generator, sigma=2.0, looks=25):
    gate = Gate()
    for _ in range(looks):
        gate.look(scene(generator, sigma))
    return gate


def test_the_first_look_is_open_and_noise_is_not(generator):
    gate = Gate()
    assert gate.look(scene(generator)).is_first
    assert not any(gate.look(scene(generator)).is_open for _ in range(50))


@pytest.mark.parametrize("sigma", [1.0, 6.0, 15.0])
def test_a_small_person_opens_it_whatever_the_noise(generator, sigma):
    gate = warmed(generator, sigma)
    activity = gate.look(with_person(scene(generator, sigma), 70))
    assert activity.is_open
    box = activity.box
    assert box.left <= 70 / WIDTH
    assert box.right >= 76 / WIDTH
    assert box.width < 0.3
    assert activity.share_in(box) > 0.05


def test_strong_noise_alone_does_not_open_it_once_it_is_known(generator):
    gate = warmed(generator, 15.0)
    assert sum(gate.look(scene(generator, 15.0)).is_open for _ in range(50)) == 0


def test_a_clock_overlay_is_learned(generator):
    gate = warmed(generator, looks=5)
    opened = []
    for look in range(90):
        picture = scene(generator)
        picture[2:9, 4:40] = 40
        for digit, value in enumerate((look // 30, look, 3 * look + look // 3)):
            stroke = np.random.default_rng(value % 10).integers(0, 2, (5, 3), np.uint8)
            picture[3:8, 5 + 4 * digit : 8 + 4 * digit] = 40 + 215 * stroke
        opened.append(gate.look(picture).is_open)
    assert sum(opened[30:]) <= 2


def test_rain_all_over_does_not_open_it(generator):
    gate = warmed(generator)
    opened = []
    for _ in range(30):
        picture = scene(generator)
        rows, columns = generator.integers(0, HEIGHT - 3, 60), generator.integers(0, WIDTH, 60)
        for row, column in zip(rows, columns, strict=True):
            picture[row : row + 3, column] = 240
        opened.append(gate.look(picture).is_open)
    assert not any(opened[1:])  # the first drops of all may


def test_a_tree_is_learned_and_a_person_beside_it_is_still_seen(generator):
    gate = warmed(generator)
    opened = []
    for _ in range(60):
        picture = scene(generator)
        leaves = generator.integers(-60, 60, (6, 5)).repeat(8, 0).repeat(8, 1)
        picture[0:48, 120:160] = np.clip(picture[0:48, 120:160] + leaves, 0, 255)
        activity = gate.look(picture)
        opened.append(activity.is_open)
        if activity.is_open:
            gate.was_fruitless(activity)
    assert sum(opened[:5]) > 0
    assert sum(opened[30:]) <= 2
    assert gate.look(with_person(scene(generator), 40)).is_open


def test_light_is_said_and_becomes_the_new_picture(generator):
    gate = warmed(generator)
    bright = gate.look(scene(generator, offset=60))
    assert bright.is_open
    assert bright.is_light
    assert not gate.look(scene(generator, offset=60)).is_open


def test_a_slight_change_of_exposure_is_nothing(generator):
    gate = warmed(generator)
    assert not gate.look(scene(generator, offset=8)).is_open


def test_where_somebody_is_known_to_be_nothing_is_learned(generator):
    gate, other = warmed(generator), warmed(generator)
    for look in range(20):
        person = with_person(scene(generator), 60 + 8 * (look % 2))
        box = gate.look(person).box
        gate_occupied = (box,) if box else ()
        gate.look(person, gate_occupied)
        other.look(person)
    assert gate.look(with_person(scene(generator), 64)).is_open


def test_fewer_fruitless_openings_than_the_limit_change_nothing(generator):
    gate = warmed(generator)
    for _ in range(FRUITLESS_LOOKS - 1):
        activity = gate.look(with_person(scene(generator), 70))
        gate.was_fruitless(activity)
        gate.look(scene(generator))
    assert gate.look(with_person(scene(generator), 70)).is_open


def test_another_size_starts_anew(generator):
    gate = warmed(generator)
    assert gate.look(np.zeros((104, 136), np.uint8)).is_first


def test_the_small_picture_keeps_the_shape():
    assert small_size(640, 360) == (160, 88)
    assert small_size(768, 576) == (136, 104)
    assert small_size(1088, 1920) == (88, 160)
    assert all(
        side % 8 == 0 and side > 0 for side in (*small_size(8000, 16), *small_size(16, 8000))
    )


def test_in_the_dark_a_person_is_still_noticed_and_noise_still_is_not(generator):
    def dark(picture):
        noise = generator.normal(0, 0.7, picture.shape)
        return np.clip(picture * 0.06 + noise, 0, 255).round().astype(np.uint8)

    gate = Gate()
    opened = [gate.look(dark(scene(generator))).is_open for _ in range(60)]
    assert sum(opened[15:]) <= 1
    assert gate.look(dark(with_person(scene(generator), 70))).is_open


def test_the_gain_follows_the_light_without_flapping():
    assert [gain_for(mean, 1) for mean in (100, 45, 25, 12, 6, 1)] == [1, 1, 2, 4, 8, 8]
    assert gain_for(100, 8) == 1
    assert gain_for(35, 1) == gain_for(35, 1)
    for mean in range(33, 50):
        assert gain_for(mean, 1) == 1
        assert gain_for(mean, 2) == 2
