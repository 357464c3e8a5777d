"""Goal: the fuzz target is sound, past findings stay fixed. Method: seeds, mutations, findings."""

import random

import pytest

from tests.fuzz.fuzz_app import READERS, one_input, seeds


def test_every_reader_has_a_seed_that_it_reads():
    inputs = seeds()
    assert len(inputs) == len(READERS)
    for data in inputs:
        READERS[data[0]](data[1:])


@pytest.mark.parametrize("seed", range(len(READERS)))
def test_mutations_are_read_or_refused(seed):
    dice = random.Random(seed)
    sound = seeds()[seed]
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(dice.randrange(1, 10)):
            at = dice.randrange(1, len(data))
            data[at] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        one_input(bytes(data[: dice.randrange(1, len(data) + 1)] if dice.random() < 0.2 else data))


def test_nothing_is_an_input_too():
    one_input(b"")
