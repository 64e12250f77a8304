"""Code actions: what may be done at a place, and the workspace edit that does it.

Offering must be quick, since editors ask at every move of the cursor; so an action is a command, and the
model is asked when that is given.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lsprotocol import types

from codekiln.apps.fix import fix
from codekiln.apps.implement import implement, unwritten_at
from codekiln.errors import UsageError
from codekiln.generate import CompletionChunk, CompletionRequest
from codekiln.generate.interrupt import Interrupted
from codekiln.languages import Language, languages
from codekiln.serve.assistant import Assistant
from codekiln.serve.lsp.completion import language_name
from codekiln.serve.lsp.documents import Document

IMPLEMENT, FIX = "codekiln.implement", "codekiln.fix"  # commands
KINDS = (types.CodeActionKind.RefactorRewrite, types.CodeActionKind.QuickFix)
_TITLE = 60  # characters of a diagnostic's message


@dataclass(frozen=True)
class Task:
    """One action that was chosen: where, and with which assistant."""

    assistant: Assistant
    document: Document
    uri: str
    path: str
    cancelled: threading.Event

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """As a completer, with the assistant's admission.

        Raises:
            Interrupted: it was cancelled; a text that was cut off may be a patch, but not the model's.
        """
        request = replace(request, cancelled=self.cancelled)
        yield from self.assistant.stream(request, f"action {self.uri}")
        if self.cancelled.is_set():
            raise Interrupted


def offered(
    document: Document, path: str, params: types.CodeActionParams
) -> list[types.CodeAction]:
    """The actions at a range: the function there that has no body, and each diagnostic."""
    language = languages().get(language_name(document, path))
    only = tuple(params.context.only or KINDS)
    place = {"textDocument": {"uri": params.text_document.uri}}
    found: list[types.CodeAction] = []
    if language is None:
        return found
    line = params.range.start.line
    if _wanted(KINDS[0], only) and unwritten_at(language, _feeds(document), line + 1):
        title, arguments = "Implement this function", {**place, "line": line}
        command = types.Command(title, IMPLEMENT, arguments=[arguments])
        found.append(types.CodeAction(title, KINDS[0], command=command))
    if _wanted(KINDS[1], only) and language.grammar:
        for diagnostic in params.context.diagnostics:
            told, line = _told(diagnostic), diagnostic.range.start.line
            title = f"Fix this: {told[:_TITLE]}"
            arguments = {**place, "line": line, "message": told}
            command = types.Command(title, FIX, arguments=[arguments])
            action = types.CodeAction(title, KINDS[1], [diagnostic], command=command)
            found.append(action)
    return found


def implemented(task: Task, line: int, _: str) -> tuple[types.TextEdit, str]:
    """The edit that writes a body for the function at a line, and what a user should know of it.

    Raises:
        UsageError: there is no such function, or nothing that parses was written.
    """
    language, text = _language(task), _feeds(task.document)
    found = implement(task, text, line + 1, language, path=task.path)
    if not found.body:
        raise UsageError(
            "What the model wrote for this function does not parse: say more in its documentation."
        )
    is_verified = found.verified.state == "verified"
    remark = "" if is_verified else f"The body is not verified ({found.verified.reason}): read it."
    return edit_between(task.document, text, found.text), remark


def fixed(task: Task, line: int, message: str) -> tuple[types.TextEdit, str]:
    """The edit of a patch for what is said of a line, and nothing more to say.

    Raises:
        PatchError: the model wrote none that can be taken.
        UsageError: the language is not known.
    """
    tokenizer = task.assistant.tokenizer
    assert tokenizer, "every model of `assistants` has one"
    text = _feeds(task.document)
    found = fix(task, tokenizer, text, message, line + 1, _language(task), path=task.path)
    return edit_between(task.document, text, found.text), ""


def edit_between(document: Document, old: str, new: str) -> types.TextEdit:
    """One edit of the lines that differ; line ends stay the document's."""
    before, after = old.split("\n"), new.split("\n")
    least = min(len(before), len(after))
    first = next((n for n in range(least) if before[n] != after[n]), least)
    last = next((n for n in range(least - first) if before[-1 - n] != after[-1 - n]), least - first)
    if not last and first:
        first -= 1  # what comes behind the last line end, or goes there, takes that with it
    gone, written = len(before) - last, after[first : len(after) - last]
    end = types.Position(gone, 0) if last else document.position(len(document.text))
    feed = "\r\n" if "\r\n" in document.text else "\n"
    text = feed.join([*written, ""] if last else written)
    return types.TextEdit(types.Range(types.Position(first, 0), end), text)


def _feeds(document: Document) -> str:
    """The text with line feeds alone, and so with the same lines."""
    return re.sub(r"\r\n?", "\n", document.text)


def _wanted(kind: str, only: tuple[str, ...]) -> bool:
    """Whether a client asks for a kind, or for one above it."""
    return any(kind == one or kind.startswith(f"{one}.") or not one for one in only)


def _told(diagnostic: types.Diagnostic) -> str:
    return " ".join(diagnostic.message.split())


def _language(task: Task) -> Language:
    name = language_name(task.document, task.path)
    if not name:
        raise UsageError(f"The language of {task.uri} is not known: save it with its extension.")
    return languages()[name]
