from codekiln.generate.verify import Verifier, memory, verify
from codekiln.languages import languages

PYTHON = languages()["python"]
BEFORE, ANSWER, AFTER = "def f(first):\n    return ", "first + g(first)", "\n\nprint(f(1))\n"


def counted(monkeypatch):
    calls = []

    def verifying(*given, trees):
        calls.append(given)
        return verify(*given, trees=trees)

    monkeypatch.setattr(memory, "verify", verifying)
    return calls


def test_the_rest_of_a_verified_answer_is_not_parsed_again(monkeypatch):
    calls, verifier = counted(monkeypatch), Verifier()
    for typed in range(len(ANSWER)):
        prefix, rest = BEFORE + ANSWER[:typed], ANSWER[typed:]
        found = verifier.verify(prefix, rest, AFTER, PYTHON)
        assert (found.text, found.state) == (rest, "verified")
    assert len(calls) == 1


def test_what_was_cut_stays_cut(monkeypatch):
    calls, verifier = counted(monkeypatch), Verifier()
    ragged = ANSWER + " + ("
    assert verifier.verify(BEFORE, ragged, AFTER, PYTHON).text == ANSWER
    again = verifier.verify(BEFORE + "fir", ragged[3:], AFTER, PYTHON)
    assert (again.text, again.reason) == (ANSWER[3:], "cut")
    assert len(calls) == 1


def test_anything_else_is_judged_anew(monkeypatch):
    calls, verifier = counted(monkeypatch), Verifier()
    verifier.verify(BEFORE, ANSWER, AFTER, PYTHON)
    for prefix, candidate, suffix, language in (
        (BEFORE, "first + )", AFTER, PYTHON),  # another answer
        (BEFORE + "g", ANSWER[1:], AFTER, PYTHON),  # another key
        (BEFORE, ANSWER, AFTER + ")", PYTHON),  # another file
        (BEFORE, ANSWER, AFTER, languages()["javascript"]),
    ):
        done = len(calls)
        found = verifier.verify(prefix, candidate, suffix, language)
        assert len(calls) == done + 1
        assert found == verify(prefix, candidate, suffix, language)


def test_what_was_not_verified_is_not_remembered(monkeypatch):
    calls, verifier = counted(monkeypatch), Verifier()
    for _ in range(2):
        assert verifier.verify(BEFORE, ")", AFTER, PYTHON).state == "nothing"
    assert len(calls) == 2
