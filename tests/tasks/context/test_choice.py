"""The choice of a context, by a folder and snippets whose right answer is known."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codekiln
from codekiln.inputs.formats import Header
from codekiln.languages import languages, lex
from codekiln.tasks import completion_prompt
from codekiln.tasks.context import OpenFile, Snippet, WorkingFolder, gather
from codekiln.tasks.context.choice import BLOCK, QUERY, SNIPPETS
from codekiln.tasks.context.piece import commented
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
PYTHON = languages()["python"]
IMPORTS = (
    "from shop import Cart, price\nimport os\n" + "\n" * 2 * BLOCK
)  # out of sight of the cursor


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(
        'class Cart:\n    """Holds things."""\n\n    def add(self, thing):\n        return thing\n\n\n'
        "def price(cart):\n    return 1\n\n\ndef unused():\n    return 2\n"
    )
    (tmp_path / "main.py").write_text(IMPORTS)
    return WorkingFolder(tmp_path)


def at(prefix, suffix="", language=PYTHON, path="main.py"):
    return OpenFile(path, language, prefix, suffix)


def test_definitions_of_what_is_imported_and_used(folder):
    found = gather(TOKENIZER, at(IMPORTS + "cart = Cart()\nreturn "), 1000, folder=folder)
    assert found.text == (
        '# shop.py\n# class Cart:\n#     """Holds things."""\n#     def add(self, thing): ...\n'
    )
    (piece,) = found.pieces
    assert (piece.path, piece.why) == ("shop.py", "definition of Cart")
    assert piece.tokens == len(TOKENIZER.encode(found.text))
    both = gather(TOKENIZER, at(IMPORTS + "cart = Cart()\n", "price(cart)\n"), 1000, folder=folder)
    assert [each.why for each in both.pieces] == ["definition of Cart", "definition of price"]
    assert both.text.count("# shop.py\n") == 1
    assert both.dropped == ()


def test_the_name_that_is_being_typed_is_none_yet(folder):
    assert gather(TOKENIZER, at(IMPORTS + "x = price"), 1000, folder=folder).text == ""
    assert "price" in gather(TOKENIZER, at(IMPORTS + "x = price("), 1000, folder=folder).text


def test_names_far_above_the_cursor_do_not_count(folder):
    near = IMPORTS + "Cart()\n" + "x = 1\n" * (BLOCK - 1)
    far = IMPORTS + "Cart()\n" + "x = 1\n" * 3 * BLOCK
    assert gather(TOKENIZER, at(near), 1000, folder=folder).pieces
    assert gather(TOKENIZER, at(far), 1000, folder=folder) == gather(TOKENIZER, at(""), 1000)


def test_the_open_file_is_not_its_own_context(folder):
    text = "from main import here\nhere(1)\n"
    assert not gather(TOKENIZER, at(text), 1000, folder=folder).pieces


def test_snippets_in_the_order_of_paths_and_chosen_by_score(folder):
    recent = [Snippet("z.py", "z = 1\n"), Snippet("b.py", "\nb = 2\n")]
    found = gather(
        TOKENIZER,
        at(IMPORTS + "Cart()\n"),
        1000,
        folder=folder,
        recent=recent,
        similar=lambda text: [Snippet("a.py", "def a():\n    return 3")],
    )
    assert [(each.path, each.why.split()[0]) for each in found.pieces] == [
        ("a.py", "similar"),
        ("b.py", "edited"),
        ("shop.py", "definition"),
        ("z.py", "edited"),
    ]
    assert found.text.startswith("# a.py\n# def a():\n#     return 3\n# b.py\n# b = 2\n# shop.py\n")
    a, b, shop, z = (each.score for each in found.pieces)
    assert 1 >= shop > z > b > a
    tokens = {each.path: each.tokens for each in found.pieces}
    assert tokens["z.py"] == tokens["b.py"]
    both = gather(TOKENIZER, at(""), 2 * tokens["z.py"], recent=recent)
    assert [each.path for each in both.pieces] == ["b.py", "z.py"]


def test_a_snippet_that_is_too_long_comes_as_its_first_half():
    text = "".join(f"line_{number} = {number}\n" for number in range(9))
    whole = gather(TOKENIZER, at(""), 1000, similar=lambda _: [Snippet("a.py", text)])
    assert whole.text.count("line_") == 9
    budget = 2 * whole.pieces[0].tokens - 2  # of which a piece may take a half
    half = gather(TOKENIZER, at(""), budget, similar=lambda _: [Snippet("a.py", text)])
    assert half.text == "".join(whole.text.splitlines(keepends=True)[:6])  # its path, five lines


def test_every_piece_that_is_left_out_says_why(folder):
    long = "".join(f"line_{number} = {number}\n" for number in range(100))
    recent = [
        Snippet("there.py", "a = 1\n  b = 2\n\n"),
        Snippet("long.py", long),
        Snippet("config/.env", "KEY=1\n"),
        Snippet("new.py", "c = 3\n"),
        Snippet("new.py", "c = 3\n"),
        Snippet("empty.py", "\n \n"),
    ]
    found = gather(TOKENIZER, at("a = 1\nb = 2\n"), 200, recent=recent)
    assert [each.path for each in found.pieces] == ["new.py"]
    reasons = [(each.path, re.sub(r"\d+", "N", each.reason)) for each in found.dropped]
    assert reasons == [
        ("there.py", "there already"),
        ("long.py", "too long: N tokens"),
        ("config/.env", "named as if it held secrets"),
        ("new.py", "there already"),
        ("empty.py", "there already"),
    ]
    assert {each.why for each in found.dropped} == {"edited recently"}
    many = [Snippet(f"{name}.py", f"{name} = 1\n") for name in "abcdefg"]
    found = gather(TOKENIZER, at(""), 30, recent=many)
    assert any(each.reason.startswith("no room left") for each in found.dropped)


def test_a_refused_import_is_said(folder, tmp_path):
    (tmp_path / "credentials.py").write_text("def key(): pass\n")
    (tmp_path / "broken.py").write_bytes(b"\0")
    text = "from credentials import key\nfrom broken import x\nx(key())\n"
    found = gather(TOKENIZER, at(text), 1000, folder=folder)
    assert not found.pieces
    assert {each.path: each.reason for each in found.dropped} == {
        "credentials.py": "named as if it held secrets",
        "broken.py": "binary",
    }


def test_a_type_that_is_too_long_comes_without_its_members(folder, tmp_path):
    methods = "".join(f"    def method_{number}(self): ...\n" for number in range(12))
    (tmp_path / "large.py").write_text(f"class Large:\n    '''Much.'''\n{methods}")
    text = "from large import Large\nLarge()\n"
    assert "method_1" in gather(TOKENIZER, at(text), 2000, folder=folder).text
    small = gather(TOKENIZER, at(text), 100, folder=folder)
    assert small.text == '# large.py\n# class Large:\n#     """Much."""\n'


def test_the_index_is_asked_with_whole_lines_and_seldom():
    queries, prefix = [], "".join(f"x{number} = {number}\n" for number in range(50))
    for end in range(1, len(prefix)):
        gather(TOKENIZER, at(prefix[:end]), 100, similar=lambda text: queries.append(text) or ())
    assert len(set(queries)) == 50 // QUERY + 1
    assert all(prefix.find(query) >= 0 and query[-1:] != "\n" for query in queries)
    assert queries[-1].endswith("x47 = 47")
    assert all(query.count("\n") < 2 * BLOCK for query in queries)


def test_of_endless_hits_few_are_looked_at():
    def endless(text):
        number = 0
        while True:
            number += 1
            yield Snippet(f"{number}.py", f"value_{number} = {number}")

    found = gather(TOKENIZER, at("x\n"), 10_000, similar=endless)
    assert len(found.pieces) == SNIPPETS


@pytest.mark.parametrize("language", ["python", "typescript", "css", "html", "c", "sql"])
def test_a_piece_is_a_comment_in_every_language(language):
    text = "one */ two --> three\n\n    four\n"
    found = commented(languages()[language], text).encode()
    kinds = {each.kind for each in lex(languages()[language], found)}
    assert kinds <= {"comment", "whitespace"}, kinds
    assert found.endswith(b"\n")


@settings(deadline=None)
@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.lists(st.builds(Snippet, st.text(max_size=8), st.text(max_size=60)), max_size=5),
    st.integers(0, 120),
)
def test_the_budget_is_never_exceeded(prefix, suffix, snippets, budget):
    for language in (PYTHON, None):
        file = at(prefix, suffix, language)
        found = gather(TOKENIZER, file, budget, recent=snippets, similar=lambda _: snippets)
        assert sum(each.tokens for each in found.pieces) <= budget
        assert len(TOKENIZER.encode(found.text)) <= budget
        assert len(found.pieces) + len(found.dropped) == 2 * len(snippets)
        assert found == gather(TOKENIZER, file, budget, recent=snippets, similar=lambda _: snippets)


def test_while_typing_the_prompt_with_its_context_keeps_its_beginning():
    root = Path(codekiln.__file__).parents[1]
    path = "codekiln/generate/completer.py"
    text = (root / path).read_text(encoding="utf-8")
    tokenizer, folder = Tokenizer.load(root / "codekiln/starter"), WorkingFolder(root)
    kept, prompts, with_context = 0, [], 0
    for end in range(1500, 2300):
        context = gather(tokenizer, at(text[:end], "\n    end\n", PYTHON, path), 175, folder=folder)
        with_context += bool(context.pieces)
        prompts.append(
            completion_prompt(
                tokenizer, text[:end], "\n    end\n", Header("codekiln", path), 700, context.text
            )
        )
    for last, ids in itertools.pairwise(prompts):
        assert len(ids) <= 700
        common = next(
            (place for place, pair in enumerate(zip(last, ids, strict=False)) if len({*pair}) > 1),
            min(len(last), len(ids)),
        )
        kept += common >= 0.9 * len(ids)
    assert with_context > 400
    assert kept >= 0.95 * len(prompts)
