import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from codekiln.apps.gathered import gathered_in
from codekiln.errors import OverloadedError, UnknownModelError, UsageError
from codekiln.generate import CompletionRequest
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.interrupt import NEVER
from codekiln.serve.admission import Admission
from codekiln.serve.assistant import Assistant
from codekiln.serve.watched import WatchedFolder
from codekiln.tasks.context import Snippet
from fakes import FakeCompleter, FakeEngine, rambling, tiny_tokenizer
from serve.http.asking import Endless, assistant

REQUEST = CompletionRequest("def f(a):\n    return ", "\n", path="f.py")


@pytest.fixture(name="watched")
def _watched(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "shapes.py").write_text("def area_of(width, height):\n    return width * height\n")
    with WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work") as watched:
        assert watched.wait(20)
        yield watched


def test_a_suggestion_is_verified_and_says_where_it_came_from():
    made = assistant(FakeCompleter(["a + ", "(1\n"]))
    answer = made.suggest(REQUEST, client="test")
    assert (answer.suggestion.text, answer.suggestion.verified.state) == ("a", "verified")
    assert (answer.client, answer.language) == ("test", "python")
    assert answer.id != made.suggest(REQUEST).id
    assert answer.context is None  # there is nothing to look in


def test_the_folder_is_looked_at_for_context(watched):
    completer = FakeCompleter(["1"])
    made = assistant(completer, folder=watched)
    prefix = "from shapes import area_of\n\n\nsize = area_of("
    answer = made.suggest(CompletionRequest(prefix, path="main.py"))
    [piece] = answer.context.pieces
    assert (piece.path, piece.why) == ("shapes.py", "definition of area_of")
    assert "# def area_of(width, height)" in completer.requests[0].context


def test_pieces_that_a_client_sends_are_context_without_a_folder():
    completer = FakeCompleter(["1"])
    answer = assistant(completer).suggest(REQUEST, recent=[Snippet("other.py", "x = 1\ny = 2\n")])
    [piece] = answer.context.pieces
    assert (piece.path, piece.why) == ("other.py", "edited recently")
    assert completer.requests[0].context == "# other.py\n# x = 1\n# y = 2\n"


def test_a_context_that_is_there_stays(watched):
    completer = FakeCompleter(["1"])
    request = CompletionRequest("x = ", path="main.py", context="# mine\n")
    answer = assistant(completer, folder=watched).suggest(request)
    assert answer.context is None
    assert completer.requests[0].context == "# mine\n"


def test_who_is_cancelled_does_not_wait_for_context(watched, monkeypatch):
    """Else whoever types keeps the server busy with what nobody reads."""
    gathering, done, calls = threading.Event(), threading.Event(), []

    def slowly(*arguments):
        calls.append(arguments)
        gathering.set()
        assert done.wait(20)
        return gathered_in(*arguments)

    monkeypatch.setattr("codekiln.serve.assistant.gathered_in", slowly)
    made, cancelled = assistant(FakeCompleter(["1"]), folder=watched), threading.Event()
    first = threading.Thread(target=made.suggest, args=(REQUEST, "a"))
    second = threading.Thread(
        target=made.suggest, args=(replace(REQUEST, cancelled=cancelled), "b")
    )
    first.start()
    assert gathering.wait(20)
    second.start()
    cancelled.set()
    second.join(20)
    assert not second.is_alive()
    assert first.is_alive()
    done.set()
    first.join(20)
    assert len(calls) == 1


def test_a_model_of_ours_gathers_and_answers_in_one_turn(watched, monkeypatch):
    """Who is gone before the answer before it is written was gathered for in vain."""
    begun, said, calls = threading.Event(), threading.Event(), []

    def after(*_):
        begun.set()
        assert said.wait(20)
        logits = np.zeros(tokenizer.vocabulary_size, dtype=np.float32)
        logits[tokenizer.end] = 9
        return logits

    def counted(*arguments):
        calls.append(arguments)
        return gathered_in(*arguments)

    monkeypatch.setattr("codekiln.serve.assistant.gathered_in", counted)
    tokenizer, cancelled = tiny_tokenizer(), threading.Event()
    completer = EngineCompleter(FakeEngine(after, tokenizer.vocabulary_size), tokenizer)
    made = assistant(completer, folder=watched)
    first = threading.Thread(target=made.suggest, args=(REQUEST, "a"))
    first.start()
    assert begun.wait(20)
    answers = []
    second = threading.Thread(
        target=lambda: answers.append(made.suggest(replace(REQUEST, cancelled=cancelled), "b"))
    )
    second.start()
    cancelled.set()
    second.join(20)
    said.set()
    first.join(20)
    assert [answer.suggestion.completion.finish_reason for answer in answers] == ["cancelled"]
    assert len(calls) == 1


def test_a_server_answers_several_at_once(watched):
    both = threading.Barrier(2, timeout=20)

    class Meeting(FakeCompleter):
        def complete(self, request):
            both.wait()
            return super().complete(request)

    made, answers = assistant(Meeting(["1"]), folder=watched), []
    threads = [
        threading.Thread(target=lambda name=name: answers.append(made.suggest(REQUEST, name)))
        for name in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 2


def test_context_needs_a_measure():
    made = Assistant(FakeCompleter(["1"]), name="theirs", tokenizer=None)
    assert made.suggest(REQUEST).suggestion.text == "1"
    with pytest.raises(UsageError, match="--model"):
        made.suggest(REQUEST, recent=[Snippet("a.py", "x")])


def test_listeners_hear_of_answers():
    made, heard = assistant(FakeCompleter(["a"])), []
    made.listeners.append(heard.append)
    assert heard == [made.suggest(REQUEST)]


def test_the_newer_request_of_a_document_ends_the_older():
    completer = Endless()
    made = assistant(completer)
    answers, heard = [], []
    made.listeners.append(heard.append)
    older = threading.Thread(target=lambda: answers.append(made.suggest(REQUEST, "a")))
    older.start()
    assert completer.begun.wait(20)
    with made.admission.admitted("a"):
        older.join(20)
    assert [answer.suggestion.completion.finish_reason for answer in answers] == ["cancelled"]
    assert heard == []  # nobody saw it


class Varied(FakeCompleter):
    """Says another number each time, after some milliseconds."""

    def complete(self, request):
        time.sleep(0.02)
        self.pieces = [str(len(self.requests))]
        return super().complete(request)


def test_alternatives_have_what_is_left_of_one_time():
    completer = Varied([])
    request = replace(REQUEST, line_deadline_ms=5000, deadline_ms=9000)
    answers = assistant(completer).alternatives(request, 3)
    assert [answer.suggestion.text for answer in answers] == ["0", "1", "2"]
    asked = completer.requests
    assert [one.temperature > 0 for one in asked] == [False, True, True]
    for place, one in enumerate(asked):
        assert one.line_deadline_ms <= 5000 - 20 * place
        assert one.deadline_ms <= 9000 - 20 * place


@pytest.mark.parametrize("least", [{"line_deadline_ms": 10}, {"deadline_ms": 10}])
def test_no_alternative_is_begun_without_time(least):
    completer = Varied([])
    assert len(assistant(completer).alternatives(replace(REQUEST, **least), 3)) == 1
    assert len(completer.requests) == 1


def test_an_older_requests_alternatives_do_not_end_the_newer():
    """Not even where it comes between two of them: they end with their own."""
    completer = FakeCompleter(["a"])
    made = assistant(completer)
    with ExitStack() as stack:
        newer = []

        def asks_anew(_):
            if not newer:
                newer.append(stack.enter_context(made.admission.admitted("a")))

        made.listeners.append(asks_anew)
        answers = made.alternatives(REQUEST, 3, "a")
        assert not newer[0].is_set()
    assert (len(answers), len(completer.requests)) == (1, 1)


def test_alternatives_take_one_place():
    made = assistant(Varied([]), admission=Admission(1))
    assert len(made.alternatives(REQUEST, 3)) == 3


def test_too_many_are_refused_before_the_model_is_asked():
    completer = FakeCompleter(["a"])
    made = assistant(completer, admission=Admission(1))
    with made.admission.admitted():
        with pytest.raises(OverloadedError):
            made.suggest(REQUEST)
        with pytest.raises(OverloadedError):
            next(made.stream(REQUEST))
        assert completer.requests == []
    assert made.suggest(REQUEST).suggestion.text == "a"


def test_warming_reads_the_prompt_of_the_request_that_comes(watched):
    completer = FakeCompleter(["a"])
    made = assistant(completer, folder=watched)
    heard = []
    made.listeners.append(heard.append)
    request = CompletionRequest("from shapes import area_of\n\nx = area_of(", path="m.py")
    made.warm(request)
    made.suggest(request)
    warmed, asked = completer.requests
    assert (warmed.max_tokens, warmed.context) == (1, asked.context)
    assert asked.context
    assert len(heard) == 1


def test_models_and_adapters_go_by_their_names():
    made = assistant(FakeCompleter(["a"]), adapters=["ours"])
    assert made.models == ("small", "ours")
    assert [made.adapter_of(name) for name in ("", "small", "ours")] == ["", "", "ours"]
    with pytest.raises(UnknownModelError, match="small, ours"):
        made.adapter_of("gpt-4")


def test_waiting_for_a_turn_counts_against_the_time(watched):
    tokenizer = tiny_tokenizer()
    completer = EngineCompleter(rambling(tokenizer.vocabulary_size), tokenizer)
    made = assistant(completer, folder=watched)
    with completer.turns.turn(NEVER):
        late = made.suggest(replace(REQUEST, deadline_ms=20))
    assert late.suggestion.completion.finish_reason == "deadline"
    assert late.context is None
    soon = made.suggest(replace(REQUEST, deadline_ms=60_000, max_tokens=3))
    assert soon.suggestion.completion.token_ids


def test_warming_reads_as_much_of_a_long_file_as_will_be_asked_for():
    tokenizer = tiny_tokenizer()
    engine = rambling(tokenizer.vocabulary_size)
    made = assistant(EngineCompleter(engine, tokenizer))
    long = CompletionRequest("first = second\n" * 400, "\n" + "third\n" * 400, max_tokens=300)
    made.warm(long)
    read = made.suggest(replace(long, lines=1)).suggestion.completion.timings
    assert engine.prefills == 1
    assert read.prompt_tokens <= engine.context - 300


def test_many_who_ask_are_answered_in_one_thread():
    tokenizer, threads = tiny_tokenizer(), set()

    def after(*_):
        threads.add(threading.get_ident())
        return np.zeros(tokenizer.vocabulary_size, dtype=np.float32)

    made = assistant(EngineCompleter(FakeEngine(after, tokenizer.vocabulary_size), tokenizer))
    with ThreadPoolExecutor(6) as editors:
        for ask in (made.suggest, made.warm):
            list(editors.map(ask, [replace(REQUEST, max_tokens=4)] * 12))
    assert len(threads) == 1
