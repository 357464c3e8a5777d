"""Goal: the fuzz target is sound, past findings stay fixed. Method: seeds, mutations, findings."""

import random

import pytest

from tests.fuzz.fuzz_policy import one_input, seeds


def test_every_seed_is_read_or_refused():
    for data in seeds():
        one_input(data)
    one_input(b"")


@pytest.mark.parametrize("seed", range(len(seeds())))
def test_mutations_are_read_or_refused(seed):
    dice = random.Random(seed)
    sound = seeds()[seed]
    for _ in range(40):
        data = bytearray(sound)
        for _ in range(dice.randrange(1, 10)):
            at = dice.randrange(1, len(data))
            data[at] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        one_input(bytes(data[: dice.randrange(1, len(data) + 1)] if dice.random() < 0.2 else data))
