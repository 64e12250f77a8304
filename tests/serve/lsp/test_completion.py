"""Inline and plain completion by a real client over stdio; the model is a script."""

import asyncio
import json

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from codekiln.index.folder import FolderIndex
from codekiln.serve.acceptance import acceptance
from codekiln.serve.events import read_events
from fakes import tiny_tokenizer
from serve.lsp.editor import SCRIPTED, run, started

TEXT = "import json\n\n\ndef load(path):\n    return json.\n"
END = (4, 16)


def code(name):
    """A file that an index takes."""
    return f"def {name}(first, second):\n    return first * 3 + second  # {name}\n" * 3


def told(text):
    """What the script was asked with."""
    path, language, block, lines, files, before, after = json.loads(text.removeprefix(" + "))
    return {
        "path": path,
        "language": language,
        "block": block,
        "lines": lines,
        "files": files,
        "around": (before, after),
    }


def test_ghost_text_is_a_line_and_the_block_on_demand(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", "ECHO = 1\nx = 2\ny = 3\n")
            typed = told(await editor.ghost(uri, 1, 5))
            assert (typed["lines"], typed["block"]) == (1, False)
            assert typed["around"] == (" 1\nx = 2", "\ny = 3\n")
            asked = told(await editor.ghost(uri, 1, 5, invoked=True))
            assert (asked["lines"], asked["block"]) == (None, True)

    run(conversation())


def test_what_is_likelier_read_in_vain_is_shown_to_who_asks(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", "DOUBT = 1\nx = \n")
            assert not (await asyncio.wrap_future(editor.ask(uri, 1, 4))).items
            assert list(read_events(tmp_path)) == []
            assert await editor.ghost(uri, 1, 4, invoked=True) == "answer()"

    run(conversation())


def test_an_item_stands_at_the_cursor_and_names_the_command(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", TEXT)
            found = await asyncio.wrap_future(editor.ask(uri, *END))
            (item,) = found.items
            place = types.Position(*END)
            assert (item.insert_text, item.range) == ("answer()", types.Range(place, place))
            offered = editor.server.capabilities.execute_command_provider
            assert item.command.command in offered.commands
            await editor.command(item.command.command, *item.command.arguments)
            made, shown, taken = read_events(tmp_path)
            assert (made.kind, made.client, made.language) == ("suggested", "lsp inline", "python")
            for event, kind in ((shown, "shown"), (taken, "accepted")):
                assert (event.kind, event.suggestion, event.characters) == (
                    kind,
                    made.suggestion,
                    8,
                )

    run(conversation())


def test_the_rate_is_of_what_was_shown_in_the_text(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", "x =  # one\ny =  # other\n")
            for line in (0, 1):
                found = await asyncio.wrap_future(editor.ask(uri, line, 4))
            for item in found.items:
                await editor.command(item.command.command, *item.command.arguments)
            for item in (await editor.plain(uri, 0, 4)).items:
                await editor.command(item.command.command, *item.command.arguments)
            found = acceptance(read_events(tmp_path))
            assert {name: one.rate for name, one in found.items()} == {
                "all": 0.5,
                "lsp inline": 0.5,
                "lsp plain": None,
            }

    run(conversation())


def test_what_the_list_of_the_editor_has_chosen_is_gone_on_from(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", "ECHO = 1\njson.lo\n")
            word = types.Range(types.Position(1, 5), types.Position(1, 7))
            selected = types.SelectedCompletionInfo(word, "loads")
            found = await asyncio.wrap_future(editor.ask(uri, 1, 7, selected=selected))
            (item,) = found.items
            assert item.range == word
            assert item.insert_text.startswith("loads + ")
            assert told(item.insert_text.removeprefix("loads"))["around"][0] == "on.loads"

    run(conversation())


def test_plain_completion_replaces_the_word_so_that_editors_can_filter(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path, ANSWER="wer(1)") as editor:
            uri = editor.open(tmp_path / "a.py", "x = ans\n")
            found = await editor.plain(uri, 0, 7)
            (item,) = found.items
            assert found.is_incomplete
            assert item.label == item.filter_text == item.text_edit.new_text == "answer(1)"
            assert item.text_edit.range == types.Range(types.Position(0, 4), types.Position(0, 7))

    run(conversation())


@pytest.mark.parametrize("answer", ["", "  \n", "))) ="])
def test_where_there_is_nothing_to_show_the_list_is_empty(tmp_path, answer):
    async def conversation():
        async with started(SCRIPTED, tmp_path, ANSWER=answer) as editor:
            uri = editor.open(tmp_path / "a.py", "x = 1\ny = \nz = 3\n")
            assert await editor.ghost(uri, 1, 4) == ""
            assert not (await editor.plain(uri, 1, 4)).items

    run(conversation())


@pytest.mark.parametrize(
    ("encoding", "width"), [("utf-16", (2, 1)), ("utf-8", (4, 2)), ("utf-32", (1, 1))]
)
def test_characters_are_counted_as_was_agreed(tmp_path, encoding, width):
    """An astral character, and one of two bytes, in front of the cursor and of an edit."""
    astral, accent = width

    async def conversation():
        async with started(SCRIPTED, tmp_path, encodings=[encoding]) as editor:
            assert editor.server.capabilities.position_encoding == encoding
            uri = editor.open(tmp_path / "a.py", 'ECHO = "😀é" \nc\n')
            column = 8 + astral + accent + 2
            found = told(await editor.ghost(uri, 0, column))
            assert found["around"] == (' = "😀é" ', "\nc\n")
            editor.type(uri, 2, "+ 𝐱 ", (0, column))
            found = told(await editor.ghost(uri, 0, column + astral + 3))
            assert found["around"] == ('😀é" + 𝐱 ', "\nc\n")
            editor.type(uri, 3, "a", (0, 8), (0, 8 + astral))
            found = told(await editor.ghost(uri, 0, 8 + 1 + accent + 2))
            assert found["around"] == (' = "aé" ', "+ 𝐱 \nc\n")

    run(conversation())


def test_the_newest_request_of_a_document_ends_the_one_before(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            log = tmp_path / "log"
            one, other = (editor.open(tmp_path / f"{n}.py", "WAIT = 1\nx = \n") for n in "ab")
            first, elsewhere = editor.ask(one, 1, 4), editor.ask(other, 1, 4)
            await editor.until(lambda: log.exists() and log.read_text().count("waiting") == 2)
            editor.type(one, 2, "x = 1\n\n", None)
            assert await editor.ghost(one, 1, 0) == "answer()"
            assert (await asyncio.wrap_future(first)).items == ()
            assert log.read_text().count("cancelled") == 1
            assert not elsewhere.done()
            editor.client.cancel_request(types.CancelParams(_id(editor, elsewhere)))
            with pytest.raises(JsonRpcException):
                await asyncio.wrap_future(elsewhere)

    run(conversation())


def test_a_cancelled_request_stops_the_generation_and_says_so(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            log = tmp_path / "log"
            uri = editor.open(tmp_path / "a.py", "WAIT = 1\nx = \n")
            waiting = editor.ask(uri, 1, 4)
            await editor.until(lambda: log.exists() and "waiting" in log.read_text())
            editor.client.cancel_request(types.CancelParams(_id(editor, waiting)))
            with pytest.raises(JsonRpcException) as refused:
                await asyncio.wrap_future(waiting)
            assert refused.value.code == types.LSPErrorCodes.RequestCancelled
            await editor.until(lambda: "cancelled" in log.read_text())

    run(conversation())


def _id(editor, future):
    """The id of a request that waits for its answer."""
    return next(
        name for name, one in editor.client.protocol._request_futures.items() if one is future
    )


def test_each_folder_has_an_index_and_files_outside_have_none(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two", tmp_path / "one" / "inner"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        for name in "abc"[: number + 1]:
            (folder / f"{name}.py").write_text(code(f"{name}{number}"))

    async def conversation():
        async with started(SCRIPTED, tmp_path / "work", folders=folders) as editor:
            expected = {
                folders[0] / "deep" / "x.py": ("deep/x.py", 1 + 3),
                folders[1] / "x.py": ("x.py", 2),
                folders[2] / "x.py": ("x.py", 3),
                tmp_path / "x.py": ("x.py", -1),
            }
            for file, (path, files) in expected.items():
                uri = editor.open(file, "ECHO = 1\nx = 2\n")
                found = told(await _settled(editor, uri, files))
                assert (found["path"], found["files"]) == (path, files)
            titles = [bar["title"] for bar in editor.bars if bar["kind"] == "begin"]
            await editor.until(lambda: sum(bar["kind"] == "end" for bar in editor.bars) == 3)
            assert sorted(titles) == ["Indexing inner", "Indexing one", "Indexing two"]

    (tmp_path / "work").mkdir()
    run(conversation())


async def _settled(editor, uri, files):
    """The answer once the index has so many files."""
    while told(found := await editor.ghost(uri, 1, 5))["files"] != files:
        await asyncio.sleep(0.02)
    return found


def test_folders_come_and_go(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.py").write_text(code("a"))

    async def conversation():
        async with started(SCRIPTED, tmp_path / "work", folders=folders[:1]) as editor:
            uri = editor.open(folders[1] / "x.py", "ECHO = 1\nx = 2\n")
            assert told(await editor.ghost(uri, 1, 5))["files"] == -1
            change = types.WorkspaceFoldersChangeEvent(
                [types.WorkspaceFolder(folders[1].as_uri(), "two")],
                [types.WorkspaceFolder(folders[0].as_uri(), "one")],
            )
            editor.client.workspace_did_change_workspace_folders(
                types.DidChangeWorkspaceFoldersParams(change)
            )
            await _settled(editor, uri, 1)

    (tmp_path / "work").mkdir()
    run(conversation())


def test_an_index_that_is_in_use_elsewhere_is_told_and_done_without(tmp_path):
    folder, work = tmp_path / "one", tmp_path / "work"
    folder.mkdir()
    (folder / "a.py").write_text(code("a"))

    async def conversation():
        async with started(SCRIPTED, work, folders=[folder]) as editor:
            uri = editor.open(folder / "x.py", "ECHO = 1\nx = 2\n")
            assert told(await editor.ghost(uri, 1, 5))["files"] == -1
            assert "Another codekiln has the index" in editor.messages[0]
            await editor.ghost(uri, 1, 5)
            assert len(editor.messages) == 1

    with FolderIndex.open(folder, tiny_tokenizer(), work):
        run(conversation())


def test_a_repository_that_vanishes_leaves_a_server_that_answers(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a.py").write_text(code("a"))

    async def conversation():
        async with started(SCRIPTED, tmp_path / "work", folders=[folder]) as editor:
            uri = editor.open(folder / "x.py", "ECHO = 1\nx = 2\n")
            await _settled(editor, uri, 1)
            (folder / "a.py").unlink()
            folder.rmdir()
            for _ in range(3):
                assert await editor.ghost(uri, 1, 5)

    (tmp_path / "work").mkdir()
    run(conversation())


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("FULL = 1", types.LSPErrorCodes.RequestFailed, "Too many: ask again."),
        ("BUG = 1", types.ErrorCodes.InternalError, "ZeroDivisionError"),
    ],
)
def test_what_goes_wrong_is_an_error_and_the_server_lives_on(tmp_path, line, code, words):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            uri = editor.open(tmp_path / "a.py", f"{line}\nx = \n")
            with pytest.raises(JsonRpcException, match=words) as refused:
                await editor.ghost(uri, 1, 4, invoked=True)
            assert refused.value.code == code
            editor.type(uri, 2, "x = \n", None)
            assert await editor.ghost(uri, 0, 4) == "answer()"

    run(conversation())


@pytest.mark.parametrize(
    ("file", "place", "words"),
    [("b.py", (0, 0), "is not open"), ("a.py", (9, 0), "is behind its end: it has 2 lines")],
)
def test_a_place_that_is_not_there_is_refused(tmp_path, file, place, words):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            editor.open(tmp_path / "a.py", "x = \n")
            with pytest.raises(JsonRpcException, match=words) as refused:
                await editor.ghost((tmp_path / file).as_uri(), *place)
            assert refused.value.code == types.ErrorCodes.InvalidParams
            # A character behind its line's end is that end (3.18, "Position").
            assert await editor.ghost((tmp_path / "a.py").as_uri(), 0, 99) == "answer()"

    run(conversation())


INVOKED = types.CompletionContext(types.CompletionTriggerKind.Invoked)
TYPED = types.CompletionContext(types.CompletionTriggerKind.TriggerCharacter, ".")


def test_a_model_that_is_none_is_told_once_and_to_who_asks(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path, BROKEN="1") as editor:
            uri = editor.open(tmp_path / "a.py", "x = \n")
            for _ in range(2):
                assert not await editor.ghost(uri, 0, 4)
                assert not (await editor.plain(uri, 0, 4)).items
                assert not (await editor.plain(uri, 0, 4, TYPED)).items
            with pytest.raises(JsonRpcException, match="This model is none"):
                await editor.ghost(uri, 0, 4, invoked=True)
            with pytest.raises(JsonRpcException, match="This model is none"):
                await editor.plain(uri, 0, 4, INVOKED)
            assert editor.messages == ["This model is none: give another."]

    run(conversation())


def test_what_fails_unasked_is_told_again_once_it_went_well_between(tmp_path):
    async def conversation():
        async with started(SCRIPTED, tmp_path) as editor:
            full = editor.open(tmp_path / "a.py", "FULL = 1\nx = \n")
            well = editor.open(tmp_path / "b.py", "x = \n")
            for times in (1, 2):
                for _ in range(2):
                    assert not await editor.ghost(full, 1, 4)
                assert editor.messages == ["Too many: ask again."] * times
                assert await editor.ghost(well, 0, 4) == "answer()"

    run(conversation())
