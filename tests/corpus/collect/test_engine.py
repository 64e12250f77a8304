"""The engine: every file comes back once, in its place, whatever happens to a worker."""

import gc
from pathlib import Path

import pyarrow as pa
import pytest

from codekiln.corpus.collect import engine as engine_module
from codekiln.corpus.collect.engine import Engine
from codekiln.corpus.collect.worker import FILES, OUTCOMES
from codekiln.errors import CorpusError
from fakes import DeadlyCleaner

# Daft leaves the pipes of a worker that died to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def files(*contents):
    rows = [
        {
            "place": 3 * place,
            "path": f"{place}.py",
            "content": content,
            "licence": "",
            "licence_from": "own",
            "domains": [],
        }
        for place, content in enumerate(contents)
    ]
    return pa.Table.from_pylist(rows, FILES)


@pytest.fixture
def apart(monkeypatch):
    """However small a batch is, workers are processes; they find our fakes."""
    monkeypatch.setattr(engine_module, "SMALL", -1)
    monkeypatch.setattr(engine_module, "BATCH", 4)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    yield
    gc.collect()


def test_nothing_in_nothing_out():
    assert Engine(DeadlyCleaner()).clean(files()).equals(OUTCOMES.empty_table())


def test_files_keep_their_places_and_errors_are_values():
    outcomes = Engine(DeadlyCleaner()).clean(files(b"a", b"raise", b"c")).to_pylist()
    assert [(row["place"], row["reason"], row["detail"]) for row in outcomes] == [
        (0, "seen", "a"),
        (3, "quarantined", "RuntimeError: not foreseen"),
        (6, "seen", "c"),
    ]
    assert [row["bytes"] for row in outcomes] == [1, 5, 1]


def test_processes_and_threads_give_the_same(apart, monkeypatch):
    batch = files(*(f"file {number}".encode() for number in range(30)))
    in_processes = Engine(DeadlyCleaner()).clean(batch)
    monkeypatch.setattr(engine_module, "SMALL", 1 << 30)
    assert in_processes.equals(Engine(DeadlyCleaner()).clean(batch))


def test_a_file_that_kills_its_worker_is_quarantined_and_the_rest_is_cleaned(apart):
    contents = [f"file {number}".encode() for number in range(12)]
    contents[7] = b"die"
    outcomes = Engine(DeadlyCleaner()).clean(files(*contents)).to_pylist()
    assert [row["place"] for row in outcomes] == [3 * place for place in range(12)]
    assert [row["reason"] for row in outcomes] == ["seen"] * 7 + ["quarantined"] + ["seen"] * 4
    assert outcomes[7]["detail"].startswith("its worker died")


def test_a_file_that_never_ends_is_quarantined_and_the_rest_is_cleaned(apart, monkeypatch):
    monkeypatch.setattr(engine_module, "PATIENCE", 3.0)
    contents = [f"file {number}".encode() for number in range(12)]
    contents[3] = b"hang"
    outcomes = Engine(DeadlyCleaner()).clean(files(*contents)).to_pylist()
    assert [row["place"] for row in outcomes] == [3 * place for place in range(12)]
    assert [row["reason"] for row in outcomes] == ["seen"] * 3 + ["quarantined"] + ["seen"] * 8


@pytest.mark.parametrize(
    ("hostile", "detail"), [(b"eat", "MemoryError"), (b"eat and die", "its worker died")]
)
def test_a_file_that_takes_all_memory_is_quarantined(apart, hostile, detail):
    outcomes = Engine(DeadlyCleaner()).clean(files(b"a", hostile, b"c")).to_pylist()
    assert [row["reason"] for row in outcomes] == ["seen", "quarantined", "seen"]
    assert outcomes[1]["detail"].startswith(detail)


def test_a_file_that_takes_the_memory_there_is_is_cleaned(apart, monkeypatch):
    monkeypatch.setattr(engine_module, "MEMORY", 8 * 10**9)
    outcomes = Engine(DeadlyCleaner()).clean(files(b"a", b"eat")).to_pylist()
    assert [row["reason"] for row in outcomes] == ["seen", "seen"]


def test_only_harmless_files_are_cleaned_in_this_process(monkeypatch):
    seen = []
    query = Engine._query
    monkeypatch.setattr(
        Engine,
        "_query",
        lambda self, table, guard: (seen.append(guard), query(self, table, guard))[1],
    )
    Engine(DeadlyCleaner()).clean(files(b"a" * 4096))
    assert seen == [None]


def test_workers_that_can_do_nothing_are_told(apart, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")  # they cannot even load the cleaner
    with pytest.raises(CorpusError, match=r"cannot run .* check the installation"):
        Engine(DeadlyCleaner()).clean(files(b"a", b"b"))
