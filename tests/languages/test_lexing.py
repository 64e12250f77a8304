"""Lexemes: all of a file, end to end; kinds as Python's own lexer has them, and as a person reads them."""

import io
import keyword
import sysconfig
import token as python
import tokenize
from pathlib import Path

import pytest

from codekiln.languages import languages, lex
from codekiln.languages.lexing import _roles
from codekiln.languages.parsing import LARGEST, _grammar

LIBRARY = Path(sysconfig.get_path("stdlib"))


def pieces(language: str, text: str) -> list[tuple[str, str]]:
    """Kind and text of every lexeme but white space, which is checked to be just that."""
    content = text.encode()
    lexemes = lex(languages()[language], content)
    assert lexemes is not None
    assert b"".join(content[start:end] for start, end, _ in lexemes) == content
    found = [(kind, content[start:end].decode()) for start, end, kind in lexemes]
    for kind, piece in found:
        assert piece
        assert piece.isspace() == (kind == "whitespace") or kind == "literal"
    return [(kind, piece) for kind, piece in found if kind != "whitespace"]


def by_pythons_lexer(text: str) -> list[tuple[str, str]] | None:
    """The same from `tokenize`; None where there are f-strings, which Pythons cut differently."""
    found = []
    for kind, piece, *_ in tokenize.generate_tokens(io.StringIO(text).readline):
        if kind == python.COMMENT:
            found.append(("comment", piece))
        elif kind in (python.NUMBER, python.STRING) or piece in ("None", "True", "False", "..."):
            if kind == python.STRING and "f" in piece[: piece.index(piece[-1])].lower():
                return None
            found.append(("literal", piece))
        elif kind == python.NAME:
            found.append(("keyword" if keyword.iskeyword(piece) else "identifier", piece))
        elif kind == python.OP:
            found.append(("punctuation" if piece in "()[]{},;:.@" else "operator", piece))
        elif python.tok_name[kind].startswith("FSTRING"):
            return None
    return found


def test_lexemes_are_those_of_pythons_own_lexer():
    compared = 0
    for path in sorted(LIBRARY.glob("*.py"))[:120]:
        text = path.read_text(encoding="utf-8")
        if len(text) > 40_000 or not (theirs := by_pythons_lexer(text)):
            continue
        ours = [piece for piece in pieces("python", text) if piece[1] != "\\"]
        assert ours == theirs, path.name
        compared += len(ours)
    assert compared > 20_000


# A text whose lexemes end at the bars, before it the first letter of each one's kind.
BY_HAND = [
    ("python", "IPLPILPLPC", "print│(│f'a │{│x│!r│}│ b'│)│  # note"),
    ("python", "KIOLKIPK", "if│ a│ >│ 'c d'│ and│ not_│:│\n  pass"),
    ("java", "KKPPIOPLPPC", "final│ int│[│]│ x│ =│ {│ 0x2│ }│;│ /* b */"),
    ("c", "KKIPKKOIPPC", "static│ int│ f│(│const│ char│ *│s│)│;│ // c"),
    ("c", "KIPIPT", "#  define│ M│(│a│)│ (a"),
    ("cpp", "KIOIPIOIOPLPLPP", 'auto│ c│ =│ a│::│b│<│T│>│(│R"(raw)"│,│ nullptr│)│;'),
    ("csharp", "KIPPOLPILPLP", 'string│ F│(│)│ =>│ $"a │{│x│:F2│}│ b"│;'),
    (
        "javascript",
        "KIOLPIOLPKPIOLPLP",
        "const│ r│ =│ /a[b]c/gi│,│ t│ =│ `t │${│this│.│x│ +│ 1│}│ u`│;",
    ),
    ("typescript", "KIPKOLOIOLPC", "let│ x│:│ number│ |│ null│ =│ y│ ??│ 1_000│;│ // c"),
    ("tsx", "IOOIIOLOTOIO", 'x│ =│ <│b│ c│=│"d"│>│Text│</│b│>'),
    ("go", "KPIOIPIPIPIPPKP", "func│ (│t│ *│T│)│ F│(│x│ ...│string│)│ {│ return│ }"),
    ("rust", "KIOIOPIPOIKKPPIOPLPP", "fn│ f│<│'a│>│(│x│:│ &│'a│ mut│ u8│)│ {│ p│!│(│\"s\"│)│ }"),
    ("php", "KKLILIOILPC", '<?php│ echo│ "h │$s│ {│$t│->│a│}"│;│ // c'),
    ("ruby", "ILPLPIOLPLPLC", 'puts│ :sym│,│ "s │#{│a│ +│ 1│}│ t"│,│ nil│ # c'),
    ("bash", "KPKLPILPPKILPKC", "if│ [[│ -z│ \"a │$│x│\"│ ]]│;│ then│ echo│ 'b'│;│ fi│ # c"),
    ("kotlin", "KKIPIOOLC", "private│ val│ x│:│ Int│?│ =│ 1│ // c"),
    ("swift", "KKIPIOOLILC", 'public│ let│ x│:│ Int│?│ =│ "a \\(│z│) b"│ // c'),
    ("scala", "KIPIOLPKIOLC", "val│ c│:│ Int│ =│ 'c'│;│ def│ f│ =│ 1.5│ // c"),
    ("lua", "KIOPPLPOLPC", "local│ t│ =│ {│ [│\"b\"│]│ =│ 'x'│ }│ -- c"),
    ("sql", "CKIPIKIKIOLPC", "/* x */│ SELECT│ a│.│b│ FROM│ t│ WHERE│ y│ >=│ 'str'│;│ -- c"),
    ("css", "IPIPIPLLKPPC", "a│.│b│ {│ margin│:│ 1.5em│ #fff│ !important│;│ }│ /* c */"),
    ("html", "COIIOLOTTLOIO", '<!-- c -->│<│p│ id│=│"x"│>│Some│ text│ &amp;│</│p│>'),
]


@pytest.mark.parametrize(("language", "kinds", "text"), BY_HAND)
def test_kinds_are_those_that_a_person_would_give(language, kinds, text):
    found = pieces(language, text.replace("│", "") + "\n")
    assert "".join(kind[0].upper() for kind, _ in found) == kinds
    assert [piece.strip() for _, piece in found] == [piece.strip() for piece in text.split("│")]


def test_every_grammar_is_judged_by_hand():
    with_grammar = {language.name for language in languages().values() if language.grammar}
    assert {language for language, _, _ in BY_HAND} == with_grammar


def test_the_table_names_nodes_that_there_are():
    known = set()
    for language in languages().values():
        if language.grammar:
            grammar = _grammar(language.grammar)
            known |= {grammar.node_kind_for_id(node) for node in range(grammar.node_kind_count)}
    assert not _roles().keys() - known


def test_white_space_of_a_here_document_is_its_own():
    found = pieces("ruby", "x = <<~E\n  a #{x}\n\nE\n")
    assert [piece for kind, piece in found if kind == "literal"] == ["<<~E", "\n  a ", "\n\nE"]


def test_code_that_fits_nowhere_is_still_cut_up():
    found = pieces("python", "def f(:\n    return ) 'a\n")
    assert ("keyword", "def") in found
    assert "".join(piece for _, piece in found) == "deff(:return)'a"


def test_text_of_any_language_keeps_its_bytes():
    found = pieces("python", "größe = 'ü🎉'  # 日本語\n\u00a0x = 1\r\n")
    assert found[:4] == [
        ("identifier", "größe"),
        ("operator", "="),
        ("literal", "'ü🎉'"),
        ("comment", "# 日本語"),
    ]


def test_what_cannot_be_parsed_has_no_lexemes():
    assert lex(None, b"x") is None
    assert lex(languages()["perl"], b"my $x;") is None
    assert lex(languages()["python"], b"x" * (LARGEST + 1)) is None
    assert lex(languages()["python"], b"x" * LARGEST) is not None


def test_an_empty_file_has_no_lexemes_and_blanks_are_one():
    assert lex(languages()["python"], b"") == []
    assert lex(languages()["python"], b" \n ") == [(0, 3, "whitespace")]
