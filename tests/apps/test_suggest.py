"""What is shown of an answer: verified, cut, unverified or nothing, and where it was learned from."""

import pytest

from codekiln.apps.suggest import suggest
from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.index import Index, Origin
from fakes import FakeCompleter, tiny_tokenizer

PREFIX = "def squares(numbers):\n    return "
REQUEST = CompletionRequest(PREFIX, "\n\n\nprint(squares([1]))\n", "a.py", "python")
LEARNED = "[number * number for number in numbers]"


def index_of(*licences):
    """One document of the same text under each licence."""
    ids = tiny_tokenizer().encode(f"import math\n\n\n{PREFIX}{LEARNED}\n")
    origins = [Origin(f"lib-{n}", "m.py", licence=name) for n, name in enumerate(licences)]
    return Index.of(tiny_tokenizer(), [ids] * len(origins), origins)


def suggested(*pieces, request=REQUEST, **more):
    return suggest(FakeCompleter(pieces), request, **more)


def test_an_answer_that_parses_is_shown_whole():
    completer = FakeCompleter(["[n * n ", "for n in numbers]"])
    found = suggest(completer, REQUEST)
    assert completer.requests == [REQUEST]
    assert found.text == found.completion.text == "[n * n for n in numbers]"
    assert (found.verified.state, found.verified.reason) == ("verified", "whole")
    assert found.completion.token_ids == (0, 1)
    assert found.before == "    return "
    assert found.passages == ()
    assert found.verify_ms > 0


def test_an_answer_that_goes_too_far_is_cut():
    found = suggested("[n for n in numbers]\n    )) = =")
    assert found.text.rstrip() == "[n for n in numbers]"
    assert (found.verified.state, found.verified.reason) == ("verified", "cut")
    assert found.completion.text == "[n for n in numbers]\n    )) = ="


def test_what_nobody_can_judge_is_shown_unverified():
    found = suggested("))) as it comes", request=CompletionRequest("some prose ("))
    assert found.text
    assert (found.verified.state, found.verified.reason) == ("unverified", "no parser")
    found = suggested("numbers if numbers else (", request=REQUEST)
    assert found.verified.state != "verified" or found.text != "numbers if numbers else ("


@pytest.mark.parametrize(("text", "reason"), [(")]} =", "error"), ("", "empty"), (" \n", "empty")])
def test_where_nothing_parses_nothing_is_shown(text, reason):
    index = index_of("MIT")
    found = suggested(text, index=index)
    assert (found.text, found.verified.state, found.verified.reason) == ("", "nothing", reason)
    assert found.completion.text == text
    assert found.passages == ()


def test_a_passage_is_told_with_its_place_and_licence():
    found = suggested(LEARNED, index=index_of("MIT"))
    (passage,) = found.passages
    line = found.before + found.text
    assert line == f"    return {LEARNED}"
    assert line[passage.start : passage.end].strip() == line.strip()
    (place,) = passage.places
    assert (place.origin.repository, place.origin.licence, place.line) == ("lib-0", "MIT", 5)
    assert (passage.count, passage.flagged) == (1, False)


def test_only_what_was_shown_is_looked_for_and_what_stood_before_is_not_told():
    index = index_of("MIT")
    typed = REQUEST.prefix + LEARNED
    known = CompletionRequest(typed, REQUEST.suffix, "a.py", "python")
    assert suggested(" + [0]", request=known, index=index).passages == ()
    # Cut away, so not told.
    found = suggested(f"0\n    ]] = {LEARNED}", index=index)
    assert LEARNED not in found.text
    assert found.passages == ()


@pytest.mark.parametrize(
    ("licences", "allowed", "flagged"),
    [
        (["GPL-3.0-only"], ["MIT"], True),
        (["GPL-3.0-only"], ["MIT", "GPL-3.0-only"], False),
        (["GPL-3.0-only"], None, False),
        (["GPL-3.0-only", "MIT"], ["MIT"], False),
        (["own"], [], False),
        (["MIT"], [], True),
    ],
)
def test_a_passage_under_no_allowed_licence_is_flagged(licences, allowed, flagged):
    found = suggested(LEARNED, index=index_of(*licences), licences=allowed)
    (passage,) = found.passages
    assert passage.flagged == flagged
    assert passage.count == len(licences)


def test_an_index_of_nothing_tells_nothing():
    assert suggested(LEARNED, index=Index(tiny_tokenizer(), [])).passages == ()


def test_what_the_completer_refuses_is_refused():
    class Refusing:
        def complete(self, request):
            raise UsageError("so it is")

    with pytest.raises(UsageError, match="so it is"):
        suggest(Refusing(), REQUEST)
