"""Completions at random places: each place is in its file, and what the author wrote is there."""

import json

import pytest

from codekiln.evaluate.samples import Completers, sample_completions
from codekiln.index import Index, Origin
from codekiln.telemetry import listening
from fakes import FakeCompleter, document, tiny_tokenizer

UNIX = "import os\n\n\ndef read(path):\n    with open(path) as file:\n        return file.read()\n"
LAST = "x\n}\n\n    last_line = without_end"
WINDOWS = "first = 1\r\n    second = 2\r\n\r\n    third = third_of(all)\r\n"
DOCUMENTS = [document(UNIX, "unix.py"), document(LAST, "last.js", "javascript")]
NO_INDEX = Index(tiny_tokenizer(), [])
CANDIDATES = {("unix.py", 1), ("unix.py", 4), ("unix.py", 5), ("unix.py", 6), ("last.js", 4)}


def sampled(completer, count=20, seed=0, documents=DOCUMENTS, indexed=None, index=NO_INDEX):
    completers = Completers(completer, indexed or FakeCompleter(["x"]), index)
    return sample_completions(completers, documents, count, max_tokens=5, seed=seed)


@pytest.mark.parametrize("seed", range(8))
def test_each_place_is_in_its_file_and_written_is_what_the_author_wrote(seed):
    completer = FakeCompleter(["first ", "second"])
    samples = sampled(completer, seed=seed)
    assert {(sample.path, sample.line) for sample in samples} == CANDIDATES
    contents = {one.path: one for one in DOCUMENTS}
    for sample, request in zip(samples, completer.requests, strict=True):
        one = contents[sample.path]
        line = one.content.split("\n")[sample.line - 1]
        assert sample.written == line[sample.column - 1 :]
        assert sample.written
        assert request.prefix + sample.written + request.suffix == one.content
        assert request.prefix.endswith(sample.before)
        assert sample.before.split("\n")[-1] == line[: sample.column - 1]
        assert sample.after in request.suffix
        indent = len(line) - len(line.lstrip())
        assert indent <= sample.column - 1 <= indent + (len(line) - indent) / 2
        described = (request.path, request.language, request.repository)
        assert described == (one.path, one.language, one.repository)
        assert (request.max_tokens, request.temperature) == (5, 0.0)
        assert "\n" in request.stop
        assert (sample.completion, sample.finish_reason) == ("first second", "end")
        assert sample.mean_logprob == -0.5


def test_windows_line_ends_belong_to_no_line():
    completer = FakeCompleter(["x"])
    samples = sampled(completer, documents=[document(WINDOWS)])
    assert {sample.line for sample in samples} == {1, 2, 4}
    for sample, request in zip(samples, completer.requests, strict=True):
        assert sample.written
        assert "\r" not in sample.written
        assert request.prefix + sample.written + request.suffix == WINDOWS
        assert request.suffix.startswith("\r\n")


def test_the_seed_settles_the_places():
    first, same = (sampled(FakeCompleter(["x"]), 3, seed=1) for _ in range(2))
    assert first == same
    others = [sampled(FakeCompleter(["x"]), 3, seed=seed) for seed in range(2, 8)]
    assert any(other != first for other in others)
    places = {
        (one.line, one.column)
        for seed in range(30)
        for one in sampled(FakeCompleter([""]), 1, seed)
    }
    assert len(places) > 10


def test_no_more_are_made_than_asked_for_and_no_line_comes_twice():
    events = []
    with listening(events.append):
        samples = sampled(FakeCompleter(["x"]), 2)
    assert len(samples) == len({(sample.path, sample.line) for sample in samples}) == 2
    assert (events[-1].done, events[-1].total) == (2, 2)
    assert sampled(FakeCompleter(["x"]), 0) == []
    assert sampled(FakeCompleter(["x"]), documents=[]) == []
    assert sampled(FakeCompleter(["x"]), documents=[document("}\n\n  x\n")]) == []


def test_few_lines_are_shown_around_the_place():
    content = "".join(f"number_{n} = {n}\n" for n in range(100))
    for sample in sampled(FakeCompleter(["x"]), 100, documents=[document(content)]):
        assert len(sample.before.split("\n")) == min(sample.line, 8)
        assert len(sample.after.split("\n")) <= 3


def test_a_sample_is_json():
    (sample,) = sampled(FakeCompleter(["x"]), 1)
    assert json.loads(json.dumps(sample.plain()))["completion"] == "x"


def test_the_index_is_asked_at_the_same_places_and_tells_its_sources():
    text = "import os\n\n\ndef read(path, encoding):\n    with open(path, encoding=encoding) as file:\n"
    tokenizer = tiny_tokenizer()
    index = Index.of(tokenizer, [tokenizer.encode(text)], [Origin("lib", "io.py", licence="MIT")])
    alone = FakeCompleter(["x"])
    indexed = FakeCompleter(["open(path, encoding=encoding) as file:"])
    samples = sampled(alone, indexed=indexed, index=index, documents=DOCUMENTS[:1])
    assert indexed.requests == alone.requests
    for sample in samples:
        assert (sample.completion, sample.indexed) == (
            "x",
            "open(path, encoding=encoding) as file:",
        )
        source = sample.sources[0]
        assert "open(path, encoding=encoding) as file:" in source.text
        assert (source.count, source.place, source.licence) == (1, "lib/io.py:5", "MIT")
        assert source.text in text
