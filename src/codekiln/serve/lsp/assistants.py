"""An assistant for each folder of the workspace, all of one model.

The model is loaded once, in the background, and a folder's index is opened with the first file of it that
is asked for. What fails is told once and tried again later; without its index a folder still has answers.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from codekiln.errors import CodekilnError
from codekiln.generate import Completer
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import load_completer, model_folder
from codekiln.index.folder import FolderIndex
from codekiln.serve.admission import Admission
from codekiln.serve.assistant import Assistant
from codekiln.serve.watched import WatchedFolder
from codekiln.telemetry import Listener, listening
from codekiln.tokenizer import Tokenizer

SOON = 5.0  # seconds until a model is tried again that could not be loaded
AGAIN = 60.0  # seconds until a folder is tried again whose index could not be opened

Tell = Callable[[str], None]
Follow = Callable[[Path], Listener]


@dataclass(frozen=True)
class Model:
    """A model that was loaded: a completer for each index, or for none."""

    name: str
    tokenizer: Tokenizer
    completer: Callable[[FolderIndex | None], Completer]


class Assistants:
    """The assistants, by the path of the file that is asked for; any thread may ask."""

    def __init__(
        self, load: Callable[[], Model], work: Path, *, tell: Tell, follow: Follow
    ) -> None:
        """`work` is where indexes live.

        `tell` is given what a user should know, and what `follow` makes of a folder hears how far its
        index is.
        """
        self._load, self._work, self._tell, self._follow = load, work, tell, follow
        self._admission = Admission()
        self._loading, self._opening = threading.Lock(), threading.Lock()
        self._model: Model | None = None
        self._refusal: CodekilnError | None = None
        self._refused = 0.0
        self._roots: list[Path] = []
        self._open: dict[Path | None, Assistant] = {}
        self._failed: dict[Path, float] = {}

    def set_folders(self, roots: Sequence[Path]) -> None:
        """The folders of the workspace, from now on."""
        self._roots = sorted(map(Path.resolve, roots), key=lambda root: -len(root.parts))

    def close_others(self) -> None:
        """Write the indexes of folders that are no longer in the workspace, and let others have them."""
        with self._opening:
            gone = [root for root in self._open if root is not None and root not in self._roots]
            closed = [self._open.pop(root) for root in gone]
        for assistant in closed:
            if assistant.folder:
                assistant.folder.close()

    def root_of(self, file: Path) -> Path | None:
        """The innermost folder of the workspace that a file is in, whose path has no links."""
        return next((root for root in self._roots if file.is_relative_to(root)), None)

    def model(self) -> Model:
        """The model, once it is loaded.

        Raises:
            CodekilnError: it cannot be loaded; the next call tries again.
        """
        with self._loading:
            if self._model is None:
                self._model = self._loaded()
            return self._model

    def _loaded(self) -> Model:
        """What failed a moment ago is not tried again for every key; the lock is held."""
        if self._refusal and time.monotonic() < self._refused + SOON:
            raise self._refusal
        try:
            return self._load()
        except CodekilnError as error:
            self._refusal, self._refused = error.with_traceback(None), time.monotonic()
            raise

    def assistant(self, root: Path | None) -> Assistant:
        """That of a folder, as `root_of` gave it.

        Raises:
            CodekilnError: as `model`.
        """
        model = self.model()
        with self._opening:
            if root not in self._roots:  # it has left the workspace meanwhile
                root = None
            if root in self._open and not self._is_due(root):
                return self._open[root]
            folder = self._watched(root, model) if root else None
            index = folder.live if folder else None
            made = Assistant(
                model.completer(index),
                name=model.name,
                tokenizer=model.tokenizer,
                folder=folder,
                admission=self._admission,
            )
            self._open[root] = made
            return made

    def _is_due(self, root: Path | None) -> bool:
        return root in self._failed and time.monotonic() > self._failed[root] + AGAIN

    def _watched(self, root: Path, model: Model) -> WatchedFolder | None:
        """The folder with its index; None where that cannot be opened."""
        try:
            with listening(self._follow(root)):
                folder = WatchedFolder(root, model.tokenizer, self._work)
        except CodekilnError as error:
            if root not in self._failed:
                self._tell(f"{error} Until then completions do not know this folder.")
            self._failed[root] = time.monotonic()
            return None
        self._failed.pop(root, None)
        return folder.start()


def loader(
    folder: Path,
    stack: ExitStack,
    server: str | None = None,
    server_model: str | None = None,
    server_template: str | None = None,
) -> Callable[[], Model]:
    """What loads a model of this machine, by its folder or name, or reaches that of a server.

    A server's model has the other's tokenizer to measure prompts by, and is left when `stack` is closed.
    """

    def own() -> Model:
        first = load_completer(folder)

        def completer(index: FolderIndex | None) -> Completer:
            engine, tokenizer = first.engine.twin(), first.tokenizer
            return EngineCompleter(engine, tokenizer, index=index, mix=True)

        return Model(model_folder(folder).resolve().name, first.tokenizer, completer)

    def served() -> Model:
        from codekiln.generate.servers import open_server  # whose extra not everybody has

        assert server is not None
        tokenizer = Tokenizer.load(model_folder(folder))
        asked = stack.enter_context(open_server(server, server_model, template=server_template))
        return Model(asked.dialect.model, tokenizer, lambda _: asked)

    return own if server is None else served
