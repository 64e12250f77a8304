"""What pygls leaves open between a message's body and a handler: refusals, document sync, the end.

Every request gets one answer, whatever is in it: a result, or the error that LSP has for it (3.18, "Base
Protocol", `ErrorCodes`). A notification that is none is logged. Nothing stops the server but `exit`.
"""

import asyncio
import json
import logging
from typing import Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from codekiln.serve.lsp.documents import Document, Units

log = logging.getLogger(__name__)


class ServerProtocol(LanguageServerProtocol):
    """pygls' protocol with documents of our own."""

    def __init__(self, *arguments: Any) -> None:
        """As pygls makes it."""
        super().__init__(*arguments)
        self.documents: dict[str, Document] = {}
        self.stopped = asyncio.Event()
        self._began = False

    @property
    def exit_code(self) -> int:
        """0 after `shutdown`, as LSP wants it."""
        return 0 if self._shutdown else 1

    def receive(self, body: bytes | None) -> None:
        """Answer or obey one message."""
        request = None
        try:
            message = _object(body)
            request = _id(message)
            if "method" in message:
                self._check(message, is_request=request is not None)
            elif request is None:
                raise JsonRpcInvalidRequest("A message has a method, or an id.")
            self.handle_message(self.structure_message(message))
        except JsonRpcException as error:
            log.warning("%s", error)
            if request is not None or isinstance(error, JsonRpcParseError | JsonRpcInvalidRequest):
                self._refuse(request, error)
        except Exception:
            log.exception("A message could not be handled")

    def _check(self, message: dict[str, Any], is_request: bool) -> None:
        """Whether a method may be called now, and is known."""
        method = message["method"]
        if not isinstance(method, str):
            raise JsonRpcInvalidRequest("A method's name is a text.")
        if method == types.EXIT:
            return
        if self._shutdown:
            raise JsonRpcInvalidRequest("The server was told to shut down.")
        if self._began == (method == types.INITIALIZE):
            if self._began:
                raise JsonRpcInvalidRequest("The server is initialized already.")
            raise JsonRpcServerNotInitialized("The first request is 'initialize'.")
        if method not in {types.CANCEL_REQUEST, *self.fm.builtin_features, *self.fm.features}:
            raise JsonRpcMethodNotFound(f"There is no method {method}.")
        if is_request == (method in _NOTIFICATIONS):
            raise JsonRpcInvalidRequest(f"{method} comes with an id, or without one.")

    def structure_message(self, data: dict[str, Any]) -> Any:
        """As pygls; whatever fails there is the message's fault."""
        try:
            return super().structure_message(data)
        except Exception as error:
            cause = error.__cause__ or error
            raise JsonRpcInvalidParams(f"{data.get('method', 'The answer')}: {cause}") from None

    def _refuse(self, request: int | str | None, error: JsonRpcException) -> None:
        answer = {"code": error.code, "message": str(error.message)[:500]}
        self._send_data({"jsonrpc": self.VERSION, "id": request, "error": answer})

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        """As pygls; from now on the other methods may be called."""
        self._began = True
        return (yield from super().lsp_initialize(params))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override]
        """The end, once what is at work was told."""
        self.stopped.set()

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a document from the client, instead of from the disk."""
        opened = params.text_document
        units = Units(self.server_capabilities.position_encoding or "utf-16")
        self.documents[opened.uri] = Document(
            opened.text, units, opened.language_id, opened.version
        )

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply the changes, each to what the one before it left."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            log.warning("A document was changed that is not open: %s", params.text_document.uri)
            return
        for change in params.content_changes:
            document.change(change)
        document.version = params.text_document.version

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document."""
        self.documents.pop(params.text_document.uri, None)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Call a command with its arguments as JSON has them; so a cancelled one is really ended."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command}.")
        return await handler(*(params.arguments or ()))


_NOTIFICATIONS = {types.CANCEL_REQUEST} | {
    method for method, (_, answer, *_) in types.METHOD_TO_TYPES.items() if answer is None
}


def _object(body: bytes | None) -> dict[str, Any]:
    """The message that a body is.

    Raises:
        JsonRpcParseError: it is no JSON.
        JsonRpcInvalidRequest: it is something else than a message.
    """
    if body is None:
        raise JsonRpcParseError("The message has no Content-Length, or is too large.")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise JsonRpcParseError(f"The message is no JSON: {error}") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise JsonRpcInvalidRequest("The message is no object of JSON-RPC 2.0.")
    return message


def _id(message: dict[str, Any]) -> int | str | None:
    """A request's id, or an answer's; None for a notification."""
    if "id" not in message:
        return None
    found = message["id"]
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise JsonRpcInvalidRequest("An id is a number or a text.")
    return found
