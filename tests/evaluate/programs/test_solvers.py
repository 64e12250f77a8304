import pytest

from codekiln.errors import UsageError
from codekiln.evaluate.programs.solvers import STOPS, BodyWriter, GapFiller
from codekiln.evaluate.programs.writer import Settings, Writer
from evaluate.programs.problems import function
from fakes import FakeCompleter, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()


def writer(text, **settings):
    engine = saying(TOKENIZER.encode(text), TOKENIZER.vocabulary_size)
    return Writer(engine, TOKENIZER, Settings(**settings))


def test_a_body_ends_where_the_function_does():
    body = "    return x + 1\n"
    for behind in ("\ndef other():\n", "\nclass A:\n", "\nprint(1)\n", "\n```\nSo it", "\nif x:\n"):
        [answer] = BodyWriter(writer(body + behind), "raw")(function())
        assert answer == body
    [whole] = BodyWriter(writer(f"{body}    # def\n"), "raw")(function())
    assert whole == f"{body}    # def\n"


def test_the_raw_prompt_is_the_problem_as_it_would_stand_in_a_file():
    asked = writer("    pass\n")
    BodyWriter(asked, "raw")(function())
    prompt = asked.engine.rows[0]
    assert TOKENIZER.decode(prompt).endswith("def after(x):\n")
    assert "python" in TOKENIZER.decode(prompt)


def test_a_model_without_a_template_cannot_be_asked_in_a_chat():
    with pytest.raises(UsageError, match="raw prompt"):
        BodyWriter(writer("x"), "chat")(function())


def test_sample_i_depends_on_the_seed_and_i_alone():
    def drawn(count, seed=0):
        engine = rambling(TOKENIZER.vocabulary_size)
        settings = Settings(count, temperature=1.0, max_tokens=8, seed=seed)
        return Writer(engine, TOKENIZER, settings)(TOKENIZER.encode("def f():\n"), STOPS)

    many = drawn(11)
    assert len(many) == 11
    assert len(set(many)) > 5
    assert drawn(3) == many[:3]
    assert drawn(2, seed=9) == many[9:]


def test_white_space_at_the_end_of_a_prompt_is_written_anew():
    said = writer("    return 1\n")
    prompt = TOKENIZER.encode("def f():\n    ")
    assert said(prompt, STOPS, heals=True) == ["return 1\n"]


def test_who_sees_what_follows_is_told_no_number_of_lines():
    completer = FakeCompleter(["    a = 1\n", "    b = 2"])
    problem = function(suffix="    return a\n")
    two = type(problem)(**{**vars(problem), "solution": "    a = 1\n    b = 2\n"})
    [answer] = GapFiller(completer, True, Settings())(two)
    assert answer == "    a = 1\n    b = 2\n"
    request = completer.requests[-1]
    assert (request.prefix, request.suffix, request.lines) == (two.prompt, "    return a\n", None)
    GapFiller(completer, False, Settings())(two)
    request = completer.requests[-1]
    assert (request.suffix, request.lines) == ("", 2)
    GapFiller(completer, True, Settings())(problem)
    assert completer.requests[-1].lines == 1


def test_the_table_says_who_sees_the_prefix_alone():
    assert GapFiller(FakeCompleter(["x"]), True, Settings()).name == "prefix and suffix"
    assert "no fill-in-the-middle" in GapFiller(FakeCompleter(["x"]), False, Settings()).name


def test_each_sample_of_a_gap_has_its_own_seed():
    completer = FakeCompleter(["    x\n"])
    answers = GapFiller(completer, True, Settings(3, 0.8, seed=5))(function(suffix=""))
    assert answers == ["    x\n"] * 3
    assert [request.seed for request in completer.requests] == [5, 6, 7]
    assert {request.temperature for request in completer.requests} == {0.8}
