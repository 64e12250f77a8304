"""The server: which method and which command of LSP is answered by what.

What computes runs on a thread of its own, so that `$/cancelRequest` is read meanwhile; it sets the event
that the generation looks at between two steps. The newest request of a document ends the one before it,
which is then answered with nothing.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import to_fs_path

from codekiln import __version__
from codekiln.errors import CodekilnError, UsageError
from codekiln.generate.interrupt import Interrupted
from codekiln.generate.offers import is_worth_showing
from codekiln.serve.events import Events
from codekiln.serve.lsp import actions
from codekiln.serve.lsp.assistants import Assistants, Model
from codekiln.serve.lsp.completion import (
    ACCEPTED,
    Bounds,
    Cursor,
    cursor_at,
    inline_items,
    plain_items,
    to_block,
)
from codekiln.serve.lsp.documents import Document
from codekiln.serve.lsp.progress import IndexProgress, at_work
from codekiln.serve.lsp.protocol import ServerProtocol
from codekiln.serve.lsp.stdio import Read, converse

WORKERS = 34  # more than are admitted, so that these are told that they are too many
TRIGGERS = (".", "(", "[", "=")
REQUEST_FAILED = -32803
BOUNDS = Bounds()

T = TypeVar("T")
Handler = Callable[..., Awaitable[T]]
Act = Callable[[actions.Task, int, str], tuple[types.TextEdit, str]]
log = logging.getLogger(__name__)


class CodekilnServer(LanguageServer):
    """A language server whose answers a model writes. To be made in a running event loop."""

    protocol: ServerProtocol

    def __init__(self, load: Callable[[], Model], work: Path, events: Events) -> None:
        """`load` gives the model, in the background; indexes live in `work`."""
        super().__init__(
            "codekiln",
            __version__,
            protocol_cls=ServerProtocol,
            converter_factory=default_converter,
        )
        self.assistants = Assistants(load, work, tell=self._tell, follow=self._follow)
        self._events = events
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="request")
        self._loop = asyncio.get_running_loop()
        self._generating: set[threading.Event] = set()
        self._trouble = ""  # that a user was told, since when no text was given
        self._register()

    async def run(self, read: Read) -> int:
        """Answer until the client says `exit`, or is gone; the status to exit with."""
        await converse(read, self.protocol)
        for cancelled in self._generating:
            cancelled.set()
        self.assistants.set_folders(())
        await self._on_thread(self.assistants.close_others)
        self._workers.shutdown(cancel_futures=True)
        return self.protocol.exit_code

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002
        """Errors outside of requests are for the log: no editor knows what to do with them."""
        log.error("%s", error)

    def _register(self) -> None:
        completion = types.CompletionOptions(trigger_characters=TRIGGERS)
        code_action = types.CodeActionOptions(code_action_kinds=actions.KINDS)
        features: dict[str, tuple[Handler[Any], Any]] = {
            types.INITIALIZED: (self._initialized, None),
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: (self._folders_changed, None),
            types.TEXT_DOCUMENT_INLINE_COMPLETION: (
                self._inline_completion,
                types.InlineCompletionOptions(),
            ),
            types.TEXT_DOCUMENT_COMPLETION: (self._completion, completion),
            types.TEXT_DOCUMENT_CODE_ACTION: (self._code_actions, code_action),
        }
        for name, (handler, options) in features.items():
            self.feature(name, options)(_answering(handler))
        commands: dict[str, Handler[Any]] = {
            ACCEPTED: self._accepted,
            actions.IMPLEMENT: partial(self._act, actions.implemented, "Implementing a function"),
            actions.FIX: partial(self._act, actions.fixed, "Fixing a line"),
        }
        for name, handler in commands.items():
            self.command(name)(_answering(handler))

    async def _initialized(self, _: types.InitializedParams) -> None:
        """Load the model, so that it is there when somebody types."""
        await self._folders_changed()
        try:
            await self._on_thread(self.assistants.model)
        except CodekilnError as error:
            self._tell_once(str(error))

    async def _folders_changed(self, *_: types.DidChangeWorkspaceFoldersParams) -> None:
        workspace = self.workspace
        uris = list(workspace.folders) or [workspace.root_uri or ""]
        roots = [Path(path) for uri in uris if (path := to_fs_path(uri))]
        self.assistants.set_folders(roots)
        await self._on_thread(self.assistants.close_others)

    async def _inline_completion(
        self, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList:
        place = self._place(params.text_document.uri, params.position.line)
        selected = params.context.selected_completion_info
        cursor = cursor_at(place.document, params.position, place.path, BOUNDS, selected)
        is_asked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        if is_asked:
            cursor = to_block(cursor, BOUNDS)
        found = await self._suggested(place, cursor, "inline", is_asked=is_asked)
        return inline_items(cursor, *found)

    async def _completion(self, params: types.CompletionParams) -> types.CompletionList:
        place = self._place(params.text_document.uri, params.position.line)
        cursor = cursor_at(place.document, params.position, place.path, BOUNDS)
        trigger = params.context and params.context.trigger_kind
        is_asked = trigger == types.CompletionTriggerKind.Invoked
        found = await self._suggested(place, cursor, "plain", is_asked=is_asked)
        return plain_items(cursor, *found)

    async def _suggested(
        self, place: "_Place", cursor: Cursor, kind: str, *, is_asked: bool
    ) -> tuple[str, types.Command]:
        """The text at a cursor, and what is to be called when it is taken.

        Where nobody asked for it there is no text that is likelier read in vain than taken, and no error
        for every key: what is wrong is told once.
        """
        must_pay = kind == "inline" and not is_asked

        def suggested(cancelled: threading.Event) -> tuple[str, str]:
            request = replace(cursor.request, cancelled=cancelled)
            assistant = self.assistants.assistant(place.root)
            answer = assistant.suggest(request, f"{kind} {place.uri}", client=f"lsp {kind}")
            if cancelled.is_set():
                return "", answer.id
            text = answer.suggestion.text
            if must_pay and not is_worth_showing(text, answer.suggestion.completion.logprobs):
                return "", answer.id
            self._events.suggested(answer)
            if kind == "inline" and text.strip():
                # An editor shows it, and tells only what is taken.
                self._events.told("shown", answer.id)
            return text, answer.id

        try:
            text, name = await self._until_cancelled(suggested)
            if text:
                self._trouble = ""
        except CodekilnError as error:
            if is_asked:
                raise
            self._tell_once(str(error))
            text, name = "", ""
        return text, types.Command("Suggestion taken", ACCEPTED, arguments=[name])

    async def _code_actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        place = self._place(params.text_document.uri)
        document = place.document.copy()
        return await self._on_thread(partial(actions.offered, document, place.path, params))

    async def _act(self, act: Act, title: str, arguments: Any = None) -> None:
        """Do what a code action stands for, and have the client apply it; nothing, if it is cancelled."""
        match arguments:
            case {"textDocument": {"uri": str(uri)}, "line": int(line)}:
                place = self._place(uri, line)
            case _:
                raise JsonRpcInvalidParams("The command needs a document and a line.")
        document = place.document.copy()

        def done(cancelled: threading.Event) -> tuple[types.TextEdit, str]:
            assistant = self.assistants.assistant(place.root)
            task = actions.Task(assistant, document, uri, place.path, cancelled)
            return act(task, line, str(arguments.get("message", "")))

        try:
            async with at_work(self, title):
                edit, remark = await self._until_cancelled(done)
        except Interrupted:
            return
        if remark:
            self._tell(remark)
        await self._apply(uri, document.version, edit)

    async def _apply(self, uri: str, version: int, edit: types.TextEdit) -> None:
        """Hand an edit to the client, for the version that it was made for where the client knows these."""
        can = self.client_capabilities.workspace
        if can and can.workspace_edit and can.workspace_edit.document_changes:
            document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
            changes = types.WorkspaceEdit(
                document_changes=[types.TextDocumentEdit(document, [edit])]
            )
        else:
            changes = types.WorkspaceEdit(changes={uri: [edit]})
        applied = await self.workspace_apply_edit_async(
            types.ApplyWorkspaceEditParams(changes, "codekiln")
        )
        if not applied.applied:
            raise UsageError(
                f"The editor did not apply the edit: {applied.failure_reason or 'ask again'}."
            )

    async def _accepted(self, suggestion: Any = None) -> None:
        """A suggestion was taken."""
        if not isinstance(suggestion, str):
            raise JsonRpcInvalidParams("The command needs the name of a suggestion.")
        await self._on_thread(partial(self._events.told, "accepted", suggestion))

    def _place(self, uri: str, line: int = 0) -> "_Place":
        """The open document of a name, and where it lies.

        Raises:
            JsonRpcInvalidParams: it is not open, or the line is behind its end.
        """
        document = self.protocol.documents.get(uri)
        if document is None:
            raise JsonRpcInvalidParams(f"{uri} is not open.")
        if not 0 <= line < document.line_count:
            raise JsonRpcInvalidParams(
                f"Line {line} of {uri} is behind its end: it has {document.line_count} lines."
            )
        name = to_fs_path(uri)
        if not name:  # it lies in no file yet
            return _Place(uri, document, None, "")
        file = Path(name).parent.resolve() / Path(name).name
        root = self.assistants.root_of(file)
        path = file.relative_to(root).as_posix() if root else file.name
        return _Place(uri, document, root, path)

    async def _until_cancelled(self, work: Callable[[threading.Event], T]) -> T:
        """What `work` gives on a thread; where the client cancels, its event is set."""
        cancelled = threading.Event()
        self._generating.add(cancelled)
        try:
            return await self._on_thread(partial(work, cancelled))
        except asyncio.CancelledError:
            cancelled.set()
            raise
        finally:
            self._generating.discard(cancelled)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._workers, work)

    def _tell(self, text: str) -> None:
        """Show a user a sentence; from any thread."""
        log.warning("%s", text)
        message = types.ShowMessageParams(types.MessageType.Warning, text)
        self._loop.call_soon_threadsafe(self.window_show_message, message)

    def _tell_once(self, trouble: str) -> None:
        """Show it, unless it was shown already and no text was given since."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._tell(trouble)

    def _follow(self, root: Path) -> IndexProgress:
        """What shows how far a folder's index is, if the client can."""
        return IndexProgress(self, self._loop, root.name)


@dataclass(frozen=True)
class _Place:
    """An open document, the folder of the workspace that it is in, and its path from there."""

    uri: str
    document: Document
    root: Path | None
    path: str


def _answering(handler: Handler[T]) -> Handler[T]:
    """A handler whose errors are those of the protocol: a user's as they are, ours in the log."""

    async def answered(*arguments: Any) -> T:
        try:
            return await handler(*arguments)
        except CodekilnError as error:
            raise JsonRpcException(str(error), REQUEST_FAILED) from None
        except JsonRpcException:
            raise
        except Exception as error:
            log.exception("A request failed")
            raise JsonRpcInternalError(f"{type(error).__name__}; the log says more.") from None

    return answered
