import json
import logging
import os
import stat

import pytest

from codekiln.generate import CompletionRequest
from codekiln.serve import events as module
from codekiln.serve.acceptance import acceptance
from codekiln.serve.events import Event, Events, delete_events, read_events
from fakes import FakeCompleter
from serve.http.asking import assistant


def answer(text="one\n    two", client="tabby"):
    made = assistant(FakeCompleter([text]))
    request = CompletionRequest("def secret(name):\n    ", path="private/place.py")
    return made.suggest(request, client=client)


def test_what_is_kept_is_no_code(tmp_path):
    events, given = Events(tmp_path), answer()
    events.suggested(given)
    events.told("shown", given.id)
    events.told("accepted", given.id, first_line=True)
    path = tmp_path / "live" / "events.jsonl"
    text = path.read_text()
    assert not any(word in text for word in ("one", "two", "secret", "private", "place"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in text.splitlines()]
    allowed = {"kind", "time", "suggestion", "characters", "milliseconds", "client", "language"}
    assert all(set(line) <= allowed for line in lines)
    assert [each.characters for each in read_events(tmp_path)] == [11, 11, 3]


def test_nothing_is_kept_where_nothing_is_to_be(tmp_path):
    events, given = Events(None), answer()
    events.suggested(given)
    events.told("accepted", given.id)
    Events(tmp_path).suggested(answer("   "))  # nor of what nobody sees
    assert list(tmp_path.iterdir()) == []


def test_a_suggestion_that_is_not_known_any_more_still_counts(tmp_path):
    Events(tmp_path).told("accepted", "from-before")
    [event] = read_events(tmp_path)
    assert (event.kind, event.suggestion, event.characters) == ("accepted", "from-before", None)


def test_all_of_it_can_be_deleted(tmp_path):
    delete_events(tmp_path)
    Events(tmp_path).told("shown", "a")
    assert len(list(read_events(tmp_path))) == 1
    delete_events(tmp_path)
    assert list(read_events(tmp_path)) == []
    assert list((tmp_path / "live").iterdir()) == []


def test_files_do_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 1000)
    events = Events(tmp_path)
    for number in range(100):
        events.told("shown", f"n{number}")
    sizes = [path.stat().st_size for path in (tmp_path / "live").iterdir()]
    assert len(sizes) == 2
    assert sum(sizes) < 2500
    kept = [each.suggestion for each in read_events(tmp_path)]
    assert kept[-1] == "n99"
    assert kept == sorted(kept, key=lambda name: int(name[1:]))


def test_what_another_process_has_begun_anew_does_not_replace_the_old(tmp_path, monkeypatch):
    events = Events(tmp_path)
    events.told("shown", "a")
    older, path = tmp_path / "live" / "events.1.jsonl", tmp_path / "live" / "events.jsonl"
    write = os.write

    def written_while_another_begins_anew(descriptor, line):
        count = write(descriptor, line)
        path.replace(older)
        path.touch()
        return count

    monkeypatch.setattr(module, "LARGEST", 10)
    monkeypatch.setattr(os, "write", written_while_another_begins_anew)
    events.told("shown", "b")
    assert [each.suggestion for each in read_events(tmp_path)] == ["a", "b"]


def test_a_line_that_was_cut_off_is_passed_over(tmp_path):
    events = Events(tmp_path)
    events.told("shown", "a")
    with (tmp_path / "live" / "events.jsonl").open("a") as file:
        file.write('{"kind": "shown", "ti\n[]\n{"unknown": 1}\n')
    events.told("shown", "b")
    assert [each.suggestion for each in read_events(tmp_path)] == ["a", "b"]


def test_what_cannot_be_written_is_said_once(tmp_path, caplog):
    (tmp_path / "work").write_text("no folder")
    events = Events(tmp_path / "work")
    with caplog.at_level(logging.WARNING):
        events.suggested(answer())
        events.told("shown", "a")
    assert len(caplog.records) == 1
    assert "not kept" in caplog.text


def suggested(name, characters, milliseconds, client="tabby"):
    return Event("suggested", 0.0, name, characters, milliseconds, client, "python")


def test_the_figures_by_hand():
    found = acceptance(
        [
            suggested("a", 10, 100.0),
            suggested("b", 20, 300.0),
            suggested("c", 30, 200.0, "llama.cpp"),
            Event("shown", 1.0, "a", 10),
            Event("shown", 1.0, "a", 10),  # twice is once
            Event("shown", 1.0, "b", 20),
            Event("accepted", 2.0, "a", 4),  # its first line,
            Event("accepted", 3.0, "a", 10),  # then all of it
            Event("dismissed", 2.0, "b", 20),
            Event("accepted", 2.0, "lost"),
        ]
    )
    tabby, other, every = found["tabby"], found["llama.cpp"], found["all"]
    assert (tabby.suggested, tabby.shown, tabby.accepted, tabby.dismissed) == (2, 2, 1, 1)
    assert (tabby.rate, tabby.characters_kept, tabby.characters_suggested) == (0.5, 10, 30)
    assert (tabby.median_ms, tabby.p95_ms) == (200.0, 300.0)
    assert (other.suggested, other.accepted, other.rate) == (1, 0, None)  # nobody told
    assert (every.suggested, every.accepted, every.median_ms) == (3, 2, 200.0)
    assert every.rate == 0.5  # of one that is lost nobody knows among how many it was


@pytest.mark.parametrize(
    ("kinds", "rate"),
    [
        ([], None),
        (["shown"], 0.0),
        (["accepted"], None),  # an editor that tells only this: of how many?
        (["dismissed"], 0.0),
        (["shown", "accepted", "dismissed"], 1.0),
    ],
)
def test_the_rate_is_of_what_was_told(kinds, rate):
    told = [Event(kind, 1.0, "a", 1) for kind in kinds]
    assert acceptance([suggested("a", 1, 1.0), *told])["tabby"].rate == rate


def test_whoever_tells_only_what_was_taken_does_not_raise_the_rate_of_all():
    found = acceptance(
        [
            suggested("a", 1, 1.0),
            Event("shown", 1.0, "a", 1),
            suggested("b", 1, 1.0, "lsp plain"),
            Event("accepted", 1.0, "b", 1),
        ]
    )
    assert (found["lsp plain"].rate, found["all"].rate) == (None, 0.0)
    assert (found["lsp plain"].accepted, found["all"].accepted) == (1, 1)
