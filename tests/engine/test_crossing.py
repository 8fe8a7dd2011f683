"""Messages through shared memory: the same values, the same objects, nothing copied twice, nothing left behind."""

from __future__ import annotations

import gc
import mmap
from random import Random

import numpy as np
import pytest

from visualizer.engine.drawings import Dots, Image, Pen
from visualizer.engine.host.crossing import Arena, Packer, Unpacker

ROOM = 1 << 20


@pytest.fixture
def ends():
    """A packer and an unpacker on one memory."""
    memory = mmap.mmap(-1, ROOM)
    arena = Arena(memory)
    return arena, Packer(arena), Unpacker(memory)


def image(size: int, value: int = 0) -> Image:
    return Image(np.full((size, size), value, np.uint32), (0.0, 1.0, 0.0, 1.0))


def test_what_crosses_is_what_was_sent_and_lies_where_it_was_put(ends):
    arena, packer, unpacker = ends
    small, large = np.arange(5), np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)
    came = unpacker.unpack(
        packer.pack({"small": small, "large": large, "turned": large.T, "rest": (1, "x", Pen("score"))})
    )
    np.testing.assert_array_equal(came["small"], small)
    np.testing.assert_array_equal(came["large"], large)
    np.testing.assert_array_equal(came["turned"], large.T)
    assert came["rest"] == (1, "x", Pen("score"))
    assert not came["large"].flags.owndata
    assert arena.taken >= large.nbytes
    # A look, not a copy: what is written into the memory is seen.
    (start, _), *_ = sorted(arena._taken.items())
    arena._memory[start : start + large.nbytes] = bytes(large.nbytes)
    assert not came["large"].any() or not came["turned"].any()


def test_a_block_is_free_when_the_last_array_that_looks_at_it_is_gone(ends):
    arena, packer, unpacker = ends
    came = unpacker.unpack(packer.pack((image(64), image(64))))
    view = came[0].pixels[3:, ::2]
    del came
    unpacker.unpack(packer.pack(None))  # the message before is forgotten
    gc.collect()
    arena.free(unpacker.freed())
    assert arena.taken == 64 * 64 * 4  # that of the view
    del view
    arena.free(unpacker.freed())
    assert arena.taken == 0
    assert arena._holes == [(0, ROOM)]
    assert unpacker.freed() == ()


def test_what_has_not_changed_is_the_same_object_and_is_not_sent_again(ends):
    arena, packer, unpacker = ends
    kept, pixels = image(64, 1), np.ones((64, 64), np.uint32)
    first = unpacker.unpack(packer.pack((kept, image(64, 2), Image(pixels, (0, 1, 0, 1)))))
    taken = arena.taken
    message = packer.pack((kept, kept, Image(pixels, (0, 2, 0, 2))))
    assert arena.taken == taken
    assert len(message) < 1000
    again = unpacker.unpack(message)
    assert again[0] is first[0]
    assert again[1] is first[0]
    assert again[2].pixels is first[2].pixels
    assert again[2].box == (0, 2, 0, 2)
    # What was left out of a message is new when it comes back.
    unpacker.unpack(packer.pack(None))
    assert unpacker.unpack(packer.pack(kept)) is not first[0]


def test_another_object_at_the_same_address_is_another(ends):
    _, packer, unpacker = ends
    for value in range(50):
        came = unpacker.unpack(packer.pack((Dots(np.full((2, 2), value, np.float32), "score", 1.0), image(40, value))))
        assert came[0].places[0, 0] == came[1].pixels[0, 0] == value


def test_where_there_is_no_room_arrays_travel_in_the_message(ends):
    arena, packer, unpacker = ends
    message = packer.pack([np.full(ROOM // 8, i, np.uint32) for i in range(3)])  # two of them fill the memory
    assert arena.taken == ROOM
    assert len(message) > ROOM // 2
    for i, a in enumerate(unpacker.unpack(message)):
        np.testing.assert_array_equal(a, i)


def test_what_cannot_be_sent_takes_no_room(ends):
    arena, packer, unpacker = ends
    with pytest.raises((TypeError, AttributeError)):
        packer.pack((image(64), lambda: None))
    assert arena.taken == 0
    assert unpacker.unpack(packer.pack(5)) == 5


def test_a_thousand_pictures_held_for_any_time_stay_what_they_were(ends):
    """Blocks never overlap, whatever is kept and dropped meanwhile, in any order."""
    arena, packer, unpacker = ends
    random, held = Random(1), []
    for value in range(1000):
        sizes = [random.randint(33, 90) for _ in range(random.randint(1, 4))]
        kept = [drawing for drawing, _ in held[-2:] if random.random() < 0.5]
        came = unpacker.unpack(packer.pack([image(n, value) for n in sizes]))
        held += [(drawing, value) for drawing in came]
        random.shuffle(held)
        del held[random.randint(5, 12) :], kept
        arena.free(unpacker.freed())
        for drawing, number in held:
            assert (drawing.pixels == number).all()
    held.clear()
    del came, drawing
    unpacker.unpack(packer.pack(None))
    arena.free(unpacker.freed())
    assert arena.taken == 0
