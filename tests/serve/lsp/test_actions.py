"""Code actions by a real client over stdio: what is offered, and the edit that is applied."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from codekiln.serve.lsp.actions import edit_between
from codekiln.serve.lsp.documents import Document, Units
from serve.lsp.editor import SCRIPTED, run, started

TEXT = 'import math\n\n\ndef area(r):\n    """The area of a circle."""\n\n\nprint(area(1))\n'


def diagnostic(line, message):
    return types.Diagnostic(types.Range(types.Position(line, 0), types.Position(line, 3)), message)


@pytest.mark.parametrize("versioned", [True, False])
def test_a_function_is_implemented_by_a_workspace_edit(tmp_path, versioned):
    async def conversation():
        answer = {"ANSWER": "return math.pi * r**2\n\n"}
        async with started(SCRIPTED, tmp_path, versioned=versioned, **answer) as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            (action,) = await editor.actions(uri, 3)
            assert (action["title"], action["kind"]) == (
                "Implement this function",
                "refactor.rewrite",
            )
            await editor.choose(action)
            (edit,) = editor.edits
            if versioned:
                (change,) = edit.document_changes
                assert (change.text_document.uri, change.text_document.version) == (uri, 1)
                (made,) = change.edits
            else:
                ((made,),) = edit.changes.values()
            document = Document(TEXT, Units())
            document.change(types.TextDocumentContentChangePartial(made.range, made.new_text))
            assert document.text == TEXT.replace('"""\n', '"""\n    return math.pi * r**2\n')

    run(conversation())


def test_a_diagnostic_is_fixed_by_a_workspace_edit(tmp_path):
    async def conversation():
        patch = "-8|print(area(1))\n+8|print(area(2))\n"
        async with started(SCRIPTED, tmp_path, PATCH=patch) as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            wrong = diagnostic(7, "The radius is\n too small")
            (action,) = await editor.actions(uri, 7, [wrong])
            assert (action["title"], action["kind"]) == (
                "Fix this: The radius is too small",
                "quickfix",
            )
            assert [one["message"] for one in action["diagnostics"]] == [wrong.message]
            (made,) = await editor.choose(action)
            assert made.new_text == "print(area(2))\n"
            assert (made.range.start.line, made.range.end.line) == (7, 8)

    run(conversation())


@pytest.mark.parametrize("command", ["codekiln.implement", "codekiln.fix"])
def test_what_a_newer_action_cuts_short_is_not_applied(tmp_path, command):
    async def conversation():
        cut = "-8|print(area(1))\n" if command == "codekiln.fix" else "return math\n"
        answer = {"CUT": cut, "ANSWER": "return 1\n", "PATCH": f"{cut}+8|print(area(2))\n"}
        async with started(SCRIPTED, tmp_path, **answer) as editor:
            log, slow = tmp_path / "log", TEXT.replace("The area", "WAIT, the area")
            uri = editor.open(tmp_path / "a.py", slow)
            line = 3 if command == "codekiln.implement" else 7
            place = {"textDocument": {"uri": uri}, "line": line, "message": "wrong"}
            first = asyncio.create_task(editor.command(command, place))
            await editor.until(lambda: log.exists() and "waiting" in log.read_text())
            editor.type(uri, 2, TEXT, None)
            await editor.command(command, place)
            assert await first is None
            (edit,) = editor.edits
            assert edit.document_changes[0].text_document.version == 2

    run(conversation())


def test_an_action_shows_that_it_is_at_work(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path, PATCH="none") as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            place = {"textDocument": {"uri": uri}, "line": 3, "message": "wrong"}
            await editor.command("codekiln.implement", place)
            with pytest.raises(JsonRpcException):
                await editor.command("codekiln.fix", place)
            await editor.until(lambda: len(editor.bars) == 4)
            assert [bar["kind"] for bar in editor.bars] == ["begin", "end"] * 2
            titles = [bar["title"] for bar in editor.bars if bar["kind"] == "begin"]
            assert titles == ["Implementing a function", "Fixing a line"]

    run(conversation())


def test_what_is_not_asked_for_is_not_offered(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            wrong = [diagnostic(3, "no")]
            assert len(await editor.actions(uri, 3, wrong)) == 2
            assert len(await editor.actions(uri, 3, wrong, ["refactor"])) == 1
            assert len(await editor.actions(uri, 3, wrong, ["quickfix"])) == 1
            assert not await editor.actions(uri, 3, wrong, ["source.organizeImports"])
            assert not await editor.actions(uri, 7)
            prose = editor.open(tmp_path / "notes", "words\n", "plaintext")
            assert not await editor.actions(prose, 0, wrong)

    run(conversation())


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        ("codekiln.implement", {"ANSWER": ")))"}, "does not parse"),
        ("codekiln.fix", {"PATCH": "print(2)"}, "ask for another answer"),
        (
            "codekiln.fix",
            {"PATCH": "-8|print(area(1))\n+8|print(area(1"},
            "brings in a syntax error",
        ),
    ],
)
def test_what_harms_is_not_applied_but_told(tmp_path, command, answer, words):
    async def conversation():
        async with started(SCRIPTED, tmp_path, **answer) as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            line = 3 if command.endswith("implement") else 7
            place = {"textDocument": {"uri": uri}, "line": line, "message": "wrong"}
            with pytest.raises(JsonRpcException, match=words) as refused:
                await editor.command(command, place)
            assert refused.value.code == types.LSPErrorCodes.RequestFailed
            assert not editor.edits

    run(conversation())


def test_an_edit_that_the_editor_refuses_is_told(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path, ANSWER="return 1\n") as editor:
            editor.applies = False
            uri = editor.open(tmp_path / "a.py", TEXT)
            (action,) = await editor.actions(uri, 3)
            with pytest.raises(JsonRpcException, match="did not apply the edit: it is old"):
                await editor.choose(action)

    run(conversation())


LINES = st.lists(st.sampled_from(["", "a", "😀", "b c"]), max_size=6).map("\n".join)


@given(LINES, LINES, st.sampled_from(["\n", "\r\n"]))
def test_the_edit_between_two_texts_makes_one_of_the_other(old, new, feed):
    document = Document(old.replace("\n", feed), Units())
    edit = edit_between(document, old, new)
    document.change(types.TextDocumentContentChangePartial(edit.range, edit.new_text))
    # A text without a line end has no style of its own.
    assert document.text.replace("\r\n", "\n") == new
    if "\n" in old:
        assert document.text == new.replace("\n", feed)
