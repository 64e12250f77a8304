"""Completions: from a place in a document to a request, and from a suggestion to items.

Inline completion is one line while somebody types, and the rest of the block on demand. Plain completion
has the same line as an item, for editors that know no other kind.
"""

import re
from dataclasses import dataclass, replace

from lsprotocol import types

from codekiln.generate import CompletionRequest
from codekiln.languages import language_of, languages
from codekiln.serve.lsp.documents import Document

ACCEPTED = "codekiln.accepted"  # the command that an editor calls with an item that was taken
LABEL = 60  # characters of an item's label
_WORD = re.compile(r"(?<![\w$])[\w$]*\Z")  # looked for at the beginnings of words alone
_LANGUAGE_IDS = {  # where LSP's name (3.18, "TextDocumentItem") is not ours
    "cuda-cpp": "cuda",
    "javascriptreact": "javascript",
    "makefile": "make",
    "objective-c": "objc",
    "objective-cpp": "objc",
    "sh": "bash",
    "shellscript": "bash",
    "typescriptreact": "tsx",
}


@dataclass(frozen=True)
class Bounds:
    """How much is written, and read, for one completion."""

    line_tokens: int = 64
    block_tokens: int = 192
    prompt_tokens: int = 1024
    deadline_ms: float = 2000.0  # of a line; who asks for a block waits


@dataclass(frozen=True)
class Cursor:
    """What is asked for at a place, and what an item replaces there; the document may go on changing.

    `selected` is what the editor's own list would put in place of `replaced`, and what is written goes on
    from it. `word` ends at the cursor, and `spelt` is where it stands.
    """

    request: CompletionRequest
    selected: str
    replaced: types.Range
    word: str
    spelt: types.Range


def cursor_at(
    document: Document,
    position: types.Position,
    path: str,
    bounds: Bounds,
    selected: types.SelectedCompletionInfo | None = None,
) -> Cursor:
    """One line at a position; `path` is told to the model."""
    text, offset = document.text, document.offset(position)
    start = document.offset(selected.range.start) if selected else offset
    given = selected.text if selected else ""
    request = CompletionRequest(
        text[:start] + given,
        text[offset:],
        path=path,
        language=language_name(document, path),
        max_tokens=bounds.line_tokens,
        max_prompt_tokens=bounds.prompt_tokens,
        lines=1,
        deadline_ms=bounds.deadline_ms,
    )
    word = _WORD.search(text[:offset], text.rfind("\n", 0, offset) + 1)
    assert word, "an empty word is one"
    spelt = document.range(word.start(), offset)
    return Cursor(request, given, document.range(start, offset), word[0], spelt)


def to_block(cursor: Cursor, bounds: Bounds) -> Cursor:
    """The same for all of the block."""
    request = replace(
        cursor.request, lines=None, block=True, max_tokens=bounds.block_tokens, deadline_ms=None
    )
    return replace(cursor, request=request)


def language_name(document: Document, path: str) -> str:
    """Our name of a document's language: by its path, or as its editor calls it."""
    found = language_of(path, document.text.partition("\n")[0])
    if found is None:
        known = _LANGUAGE_IDS.get(document.language_id, document.language_id)
        found = languages().get(known)
    return found.name if found else ""


def inline_items(cursor: Cursor, text: str, command: types.Command) -> types.InlineCompletionList:
    """An item for a text, if there is any; `command` is called when it is taken."""
    if not text.strip():
        return types.InlineCompletionList([])
    written = cursor.selected + text
    item = types.InlineCompletionItem(written, range=cursor.replaced, command=command)
    return types.InlineCompletionList([item])


def plain_items(cursor: Cursor, text: str, command: types.Command) -> types.CompletionList:
    """The same for plain completion: an item replaces the word at the cursor, by which editors filter."""
    if not text.strip():
        return types.CompletionList(is_incomplete=True, items=[])
    written = cursor.word + text
    shown = written.strip().splitlines()[0]
    item = types.CompletionItem(
        label=shown if len(shown) <= LABEL else f"{shown[:LABEL]}…",
        kind=types.CompletionItemKind.Text,
        detail="codekiln",
        filter_text=written,
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(cursor.spelt, written),
        command=command,
    )
    return types.CompletionList(is_incomplete=True, items=[item])
