"""What types in the benchmark of the server, and what it counts."""

import asyncio
import json
import math
from contextlib import asynccontextmanager
from itertools import islice, pairwise

import httpx
import numpy as np
import pytest
from bench.editors.replay import Sample, Tally, edit, memory_at
from bench.editors.typist import KEY, THOUGHT, Passage, infill, keys, passages
from bench.generate.places import File

LINES = [f"    total_{number} = sum(range({number})) + offset\n" for number in range(40)]
FILES = [File("", f"{name}.py", "".join(LINES)) for name in "abc"]
PASSAGE = Passage("a.py", "import a\n\n", "def f(x):\n    return x\n\n", "f(1)\n")


def test_a_passage_and_what_stands_around_it_is_the_file():
    found = list(islice(passages(FILES, 3), 6))
    assert {passage.path for passage in found[:3]} == {"a.py", "b.py", "c.py"}
    for passage in found:
        assert passage.above + passage.typed + passage.below == FILES[0].content
        assert len(passage.typed) >= 120
    assert found == list(islice(passages(FILES, 3), 6))
    assert found != list(islice(passages(FILES, 4), 6))


def test_files_too_short_to_type_in_are_refused():
    with pytest.raises(ValueError, match="None of 1 files"):
        next(passages([File("", "a.py", "x = 1\n")], 0))


def test_each_key_adds_a_character_or_a_line_with_its_indentation():
    typed = [key.before.removeprefix(PASSAGE.above) for key in keys(PASSAGE, 0)]
    assert typed[:3] == ["", "d", "de"]
    assert typed[9:12] == ["def f(x):", "def f(x):\n    ", "def f(x):\n    r"]
    assert typed[-1] == "def f(x):\n    return x\n"  # the last line is empty
    assert all(later.startswith(earlier) for earlier, later in pairwise(typed))
    assert {key.behind for key in keys(PASSAGE, 0)} == {"\nf(1)\n"}


def test_pauses_are_a_typists():
    line = Passage("a.py", "", "x" * 20_000 + "\n", "")
    [first, *pauses] = [key.pause for key in keys(line, 7)]
    assert first > THOUGHT
    assert np.mean(pauses) == pytest.approx(KEY, rel=0.02)
    assert np.std(pauses) == pytest.approx(0.112, rel=0.05)
    assert pauses == [key.pause for key in keys(line, 7)][1:]


def test_a_request_is_what_llama_vim_sends():
    *_, key = islice(keys(PASSAGE, 0), 15)
    body = infill(key)
    assert body["input_prefix"] == "import a\n\ndef f(x):\n"
    assert body["prompt"] == "    retu"
    assert body["input_suffix"] == "\nf(1)\n"
    assert body["n_indent"] == 4
    far = Passage("a.py", "a\n" * 300, "b\n", "c\n" * 300)
    body = infill(next(keys(far, 0)))
    assert (body["input_prefix"], body["input_suffix"]) == ("a\n" * 256, "\n" + "c\n" * 64)


def test_figures():
    tally = Tally(answered=[float(each) for each in range(1, 101)], cancelled=5, refused=2)
    tally.errors.append("500: oh")
    assert tally.asked == 108
    assert (tally.percentile(50), tally.percentile(95)) == pytest.approx((50.5, 95.05))
    assert math.isnan(Tally().percentile(50))


def test_memory_is_the_median_around_a_moment():
    samples = [Sample(0.1, 1), Sample(0.19, 100), Sample(0.2, 900), Sample(0.21, 110)]
    samples += [Sample(0.9, 5), Sample(0.99, 120)]
    assert (memory_at(samples, 0.2), memory_at(samples, 1.0)) == (110, 120)


class Server:
    """Answers as it is told to, by what is typed on the line."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def __call__(self, request):
        prompt = json.loads(request.content)["prompt"]
        self.asked.append(prompt)
        answer = self.answers.get(prompt, "done")
        if answer == "slow":
            await asyncio.Event().wait()
        if isinstance(answer, int):
            return httpx.Response(answer, text="no")
        return httpx.Response(200, json={"content": answer})


@asynccontextmanager
async def client_of(server):
    transport = httpx.MockTransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
        yield client


def test_a_key_hangs_up_on_the_one_before_and_all_are_counted(tmp_path, monkeypatch):
    server = Server({"a": "slow", "ab": 429, "abc": 500, "abcd": ""})
    passage = Passage("x/a.py", "import x\n", "abcde\n", "end\n")
    tally, saved = Tally(), []
    turn = asyncio.sleep

    async def pause(_):
        """As long as any answer takes that comes at all."""
        saved.append((tmp_path / "x/a.py").read_text())
        for _ in range(100):
            await turn(0)

    async def replayed():
        async with client_of(server) as client:
            await edit(client, [passage], tmp_path, 0, tally)

    monkeypatch.setattr("bench.editors.replay.asyncio.sleep", pause)
    asyncio.run(replayed())
    assert server.asked == [
        "",
        "a",
        "ab",
        "abc",
        "abcd",
    ]  # the last is hung up on before it is sent
    assert (len(tally.answered), tally.empty) == (2, 1)
    assert (tally.cancelled, tally.refused, tally.errors) == (2, 1, ["500: no"])
    assert set(saved) == {"import x\nend\n"}
    assert (tmp_path / "x/a.py").read_text() == "import x\nabcde\nend\n"
