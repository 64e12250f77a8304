"""The server: which method and which command of LSP is answered by what.

What computes runs on a thread of its own, so that `$/cancelRequest` is read meanwhile; it sets the event
that the generation looks at between two steps. The newest request of a document ends the one before it,
which is then answered with nothing.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import to_fs_path

from codekiln import __version__
from codekiln.errors import CodekilnError, UsageError
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
from codekiln.serve.lsp.progress import IndexProgress
from codekiln.serve.lsp.protocol import ServerProtocol
from codekiln.serve.lsp.stdio import Read, converse

WORKERS = 34  # more than are admitted, so that these are told that they are too many
TRIGGERS = (".", "(", "[", "=")
REQUEST_FAILED = -32803

T = TypeVar("T")
Handler = Callable[..., Awaitable[T]]
Act = Callable[[actions.Task, Mapping[str, Any]], tuple[types.TextEdit, str]]
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
        self.assistants = Assistants(
            load, work, tell=self._tell, follow=self._follow, suggested=events.suggested
        )
        self._bounds, self._events = Bounds(), events
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="request")
        self._loop = asyncio.get_running_loop()
        self._generating: set[threading.Event] = set()
        self._register()

    async def run(self, read: Read) -> int:
        """Answer until the client says `exit`, or is gone; the status to exit with."""
        await converse(read, self.protocol)
        for cancelled in self._generating:
            cancelled.set()
        await self._on_thread(self.assistants.close)
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
            actions.IMPLEMENT: partial(self._act, actions.implemented),
            actions.FIX: partial(self._act, actions.fixed),
        }
        for name, handler in commands.items():
            self.command(name)(_answering(handler))

    async def _initialized(self, _: types.InitializedParams) -> None:
        """Load the model, so that it is there when somebody types."""
        await self._folders_changed()
        try:
            await self._on_thread(self.assistants.model)
        except CodekilnError as error:
            self._tell(str(error))

    async def _folders_changed(self, *_: types.DidChangeWorkspaceFoldersParams) -> None:
        workspace = self.workspace
        uris = list(workspace.folders) or [workspace.root_uri or ""]
        roots = [Path(path) for uri in uris if (path := to_fs_path(uri))]
        await self._on_thread(partial(self.assistants.set_folders, roots))

    async def _inline_completion(
        self, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList:
        document, file = self._document(params), _file(params)
        path, selected = self._told(file), params.context.selected_completion_info
        cursor = cursor_at(document, params.position, path, self._bounds, selected)
        if params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked:
            cursor = to_block(cursor, self._bounds)
        return inline_items(cursor, *await self._suggested(params, cursor, "inline"))

    async def _completion(self, params: types.CompletionParams) -> types.CompletionList:
        document, file = self._document(params), _file(params)
        cursor = cursor_at(document, params.position, self._told(file), self._bounds)
        return plain_items(cursor, *await self._suggested(params, cursor, "plain"))

    async def _suggested(
        self, params: "_Positioned", cursor: Cursor, kind: str
    ) -> tuple[str, types.Command]:
        """The text at a cursor, and what is to be called when it is taken."""
        root, document = self.assistants.root_of(_file(params)), params.text_document.uri

        def suggested(cancelled: threading.Event) -> tuple[str, str]:
            request = replace(cursor.request, cancelled=cancelled)
            assistant = self.assistants.assistant(root)
            answer = assistant.suggest(request, f"{kind} {document}", client=f"lsp {kind}")
            return "" if cancelled.is_set() else answer.suggestion.text, answer.id

        text, name = await self._until_cancelled(suggested)
        return text, types.Command("Suggestion taken", ACCEPTED, arguments=[name])

    async def _code_actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = self._document(params).copy()
        path = self._told(_file(params))
        return await self._on_thread(partial(actions.offered, document, path, params))

    async def _act(self, act: Act, arguments: Any = None) -> None:
        """Do what a code action stands for, and have the client apply it."""
        if not isinstance(arguments, dict):
            raise JsonRpcInvalidParams("The command needs a document and a line.")
        params = _Named(types.TextDocumentIdentifier(str(_uri(arguments))))
        document, file = self._document(params).copy(), _file(params)
        root, uri = self.assistants.root_of(file), params.text_document.uri
        path = self._told(file)

        def done(cancelled: threading.Event) -> tuple[types.TextEdit, str]:
            assistant = self.assistants.assistant(root)
            return act(actions.Task(assistant, document, uri, path, cancelled), arguments)

        edit, remark = await self._until_cancelled(done)
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

    def _document(self, params: "_Positioned") -> Document:
        """The open document that a request is about.

        Raises:
            JsonRpcInvalidParams: it is not open, or the position is behind its last line.
        """
        uri = params.text_document.uri
        document = self.protocol.documents.get(uri)
        if document is None:
            raise JsonRpcInvalidParams(f"{uri} is not open.")
        position = getattr(params, "position", None)
        if position and position.line >= document.line_count:
            raise JsonRpcInvalidParams(
                f"Line {position.line} of {uri} is behind its end: it has {document.line_count} lines."
            )
        return document

    def _told(self, file: Path | None) -> str:
        """The path to tell the model: from the workspace's folder, or the bare name."""
        if file is None:
            return ""
        root = self.assistants.root_of(file)
        return (
            (file.parent.resolve() / file.name).relative_to(root).as_posix() if root else file.name
        )

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

    def _follow(self, root: Path) -> IndexProgress:
        """What shows how far a folder's index is, if the client can."""
        return IndexProgress(self, self._loop, root.name)


class _Positioned(Protocol):
    """Params of a request about a document."""

    text_document: types.TextDocumentIdentifier


@dataclass
class _Named:
    text_document: types.TextDocumentIdentifier


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


def _file(params: _Positioned) -> Path | None:
    """The file that a document is; None for one that lies in none yet."""
    path = to_fs_path(params.text_document.uri)
    return Path(path) if path else None


def _uri(arguments: Mapping[str, Any]) -> Any:
    document = arguments.get("textDocument")
    return document.get("uri") if isinstance(document, dict) else None
