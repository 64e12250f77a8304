"""What processes tell each other, and what is heard of them when one fails."""

import time

import pytest

from codekiln.errors import TrainingError
from codekiln.training.world import World, here
from training.crew import Crew, run
from training.runs import exchange, fail, sleep


def test_a_process_on_its_own_is_a_world():
    world = here()
    assert world == World(0, 1)
    assert world.first
    assert world.told("this") == "this"
    assert world.gathered("this") == ["this"]
    assert world.share(7) == slice(0, 7)


@pytest.mark.parametrize("size", [2, 3])
def test_exchanges(tmp_path, size):
    run(size, exchange, tmp_path)
    said = [(tmp_path / str(rank)).read_text() for rank in range(size)]
    ranks = list(range(size))
    assert said == [
        f"{rank} of {size}, sum {sum(ranks)}, told 0, gathered {ranks}" for rank in ranks
    ]


def test_rows_are_shared_out():
    shares = [World(rank, 4).share(12) for rank in range(4)]
    assert [list(range(12))[share] for share in shares] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
        [9, 10, 11],
    ]


def test_rows_that_cannot_be_shared_evenly_are_refused():
    with pytest.raises(
        TrainingError, match=r"step of 7 rows .* among 2 processes: set model\.batch"
    ):
        World(1, 2).share(7)


@pytest.mark.parametrize("failing", [[0], [1], [0, 1, 2]])
def test_one_of_those_that_fail_says_why(tmp_path, failing):
    assert Crew(3, fail, failing, heard=tmp_path).wait() == [1, 1, 1]
    heard = [path.read_text() for path in tmp_path.glob("heard-*")]
    assert len(heard) == 1
    assert heard[0] in {f"failure of {rank}" for rank in failing}


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_is_missed(tmp_path, killed):
    crew = Crew(2, sleep, tmp_path, heard=tmp_path)
    while len(list(tmp_path.glob("awake-*"))) < 2:
        time.sleep(0.01)
    crew.members[killed].kill()
    codes = crew.wait()
    assert codes[killed] == -9
    assert codes[1 - killed] == 1
    heard = [path.read_text() for path in tmp_path.glob("heard-*")]
    assert heard == [
        "Another process of this run was ended: run the same command again, it goes on from the last "
        "checkpoint."
    ]
