"""An editor for tests: pygls' own client, which starts a server and talks to it over its stdio."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.protocol import LanguageServerProtocol

SCRIPTED = (sys.executable, str(Path(__file__).with_name("scripted.py")))
REAL = (sys.executable, "-m", "codekiln", "lsp")
TESTS = Path(__file__).parents[2]
PATIENCE = 30  # seconds; a server that answers nothing fails the test


class Editor:
    """Opens, types and asks, and keeps what the server says unasked."""

    def __init__(self, client):
        self.client = client
        self.messages, self.bars, self.edits = [], [], []
        client.feature(types.WINDOW_SHOW_MESSAGE)(lambda p: self.messages.append(p.message))
        client.feature(types.PROGRESS)(lambda p: self.bars.append(p.value))
        client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(lambda _: None)
        client.feature(types.WORKSPACE_APPLY_EDIT)(lambda p: self._apply(p))
        self.applies = True

    def _apply(self, params):
        self.edits.append(params.edit)
        return types.ApplyWorkspaceEditResult(self.applies, None if self.applies else "it is old")

    def open(self, file, text, language="python"):
        """Open a document; gives its name."""
        uri = Path(file).as_uri()
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri, version, text, start, end=None):
        """Replace a range, given as pairs; without one, the whole text."""
        if start is None:
            change = types.TextDocumentContentChangeWholeDocument(text)
        else:
            range_ = types.Range(types.Position(*start), types.Position(*(end or start)))
            change = types.TextDocumentContentChangePartial(range_, text)
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def ask(self, uri, line, character, invoked=False, selected=None):
        """Ask for inline completion; gives a future."""
        kind = types.InlineCompletionTriggerKind(1 if invoked else 2)
        context = types.InlineCompletionContext(kind, selected)
        params = types.InlineCompletionParams(
            context, types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        return self.client.protocol.send_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)

    async def ghost(self, *place, **more):
        """The text that is shown; empty for none."""
        found = await asyncio.wrap_future(self.ask(*place, **more))
        return found.items[0].insert_text if found.items else ""

    async def plain(self, uri, line, character, context=None):
        """The list of plain completion."""
        document, position = types.TextDocumentIdentifier(uri), types.Position(line, character)
        return await self.client.text_document_completion_async(
            types.CompletionParams(document, position, context)
        )

    async def actions(self, uri, line, diagnostics=(), only=None):
        """The code actions at a line."""
        place = types.Position(line, 0)
        context = types.CodeActionContext(list(diagnostics), only)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), types.Range(place, place), context
        )
        found = await self.client.text_document_code_action_async(params)
        return [_plain(action) for action in found]

    async def command(self, name, *arguments):
        """Give a command, as an editor does with that of an action."""
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(name, list(arguments))
        )

    async def choose(self, action):
        """Choose a code action; gives the text edits that came of it."""
        await self.command(action["command"]["command"], *action["command"]["arguments"])
        (edit,) = self.edits
        return edit.document_changes[0].edits if edit.document_changes else edit.changes

    async def until(self, holds):
        """Wait for something to come true."""
        while not holds():
            await asyncio.sleep(0.01)


def _plain(value):
    """What pygls made of JSON that it has no type for, as JSON again."""
    if hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _result_type(method, known=LanguageServerProtocol.get_result_type):
    """lsprotocol takes every action that has a command for a command."""
    return None if method == types.TEXT_DOCUMENT_CODE_ACTION else known(None, method)


@asynccontextmanager
async def started(command, *arguments, folders=(), encodings=None, versioned=True, **environment):
    """An editor with a server that is initialized; at the end it is told to stop, and does."""
    client = LanguageClient("editor", "1")
    client.protocol.get_result_type = _result_type
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path, **environment}
    await client.start_io(*command, *map(str, arguments), env=env)
    errors = asyncio.create_task(client._server.stderr.read())
    editor = Editor(client)
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versioned)
        ),
    )
    named = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
    editor.server = await client.initialize_async(
        types.InitializeParams(capabilities=capabilities, workspace_folders=named or None)
    )
    client.initialized(types.InitializedParams())
    try:
        yield editor
        await client.shutdown_async(None)
        client.exit(None)
        assert await client._server.wait() == 0
    finally:
        if client._server.returncode is None:
            client._server.kill()
        editor.log = (await errors).decode()
        await client.stop()


def run(conversation):
    """Have a conversation, with an end."""
    asyncio.run(asyncio.wait_for(conversation, PATIENCE))
