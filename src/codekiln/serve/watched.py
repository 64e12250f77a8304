"""A folder whose index follows its files: built in the background, then kept up with what changes."""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Self

import watchfiles

from codekiln.errors import CodekilnError
from codekiln.index import Index
from codekiln.index.folder import FolderIndex
from codekiln.tokenizer import Tokenizer

log = logging.getLogger(__name__)

STEP = 200  # milliseconds in which changes are gathered
ASKED_EVERY = 1000  # milliseconds, whether the folder is still there
AGAIN = 1  # seconds until a folder that went is looked for


class WatchedFolder:
    """The index of a folder, from the first look on and until it is closed.

    Until it is built `index` is None. `trouble` says what went wrong last.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, work: Path) -> None:
        """Lock the folder's index.

        Raises:
            SourceError: there is no such folder, or it is a file, empty or closed to us.
            BusyError: another process has it open.
        """
        self._live = FolderIndex(folder, tokenizer, work)
        self.root = self._live.root
        self.trouble = ""
        self._built, self._stop = threading.Event(), threading.Event()
        follow = partial(copy_context().run, self._follow)  # who listens here hears of its progress
        self._thread = threading.Thread(target=follow, name="watched folder", daemon=True)

    def start(self) -> Self:
        """Begin to build, and to watch."""
        self._thread.start()
        return self

    @property
    def index(self) -> Index | None:
        """As the files were a moment ago; None until it is built."""
        return self._live.index if self._built.is_set() else None

    @property
    def live(self) -> FolderIndex:
        """For a completer, which may ask it from the start: it is empty until it is built."""
        return self._live

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is built; whether it is."""
        return self._built.wait(seconds)

    def close(self) -> None:
        """End the watch and write what is in memory; what is not read by now the next one reads."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._live.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self) -> None:
        try:
            self._look(self._refresh)
        finally:
            self._built.set()
        while not self._stop.is_set():
            try:
                self._watch()
            except FileNotFoundError:
                self.trouble = (
                    f"{self.root} is gone: what was indexed is still used, until it is back."
                )
            except (OSError, RuntimeError) as error:  # no more can be watched
                self.trouble = f"{self.root} cannot be watched ({error}): start the server again."
            self._stop.wait(AGAIN)

    def _watch(self) -> None:
        """Follow the files until the folder is another one, or none."""
        place = _identity(self.root)
        changed_before = True  # while nobody was watching yet
        for changes in watchfiles.watch(
            self.root,
            stop_event=self._stop,
            step=STEP,
            rust_timeout=ASKED_EVERY,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if _identity(self.root) != place:
                return
            if changed_before:
                self._look(self._refresh)
                changed_before = False
            paths = {path for _, path in changes}
            if self._concern_all(paths):
                self._look(self._refresh)  # once, however many folders a checkout changes
            else:
                for path in paths:
                    self._look(partial(self._live.update, path))

    def _refresh(self) -> None:
        self._live.refresh(lambda: not self._stop.is_set())

    def _concern_all(self, paths: set[str]) -> bool:
        try:
            return any(map(self._live.is_wide, paths))
        except OSError:  # in a folder that is closed to us
            return True

    def _look(self, look: Callable[[], object]) -> None:
        try:
            look()
            self.trouble = ""
        except CodekilnError as error:
            self.trouble = str(error)
        except Exception as error:  # one file must not end the watch over all others
            log.exception("A change could not be indexed")
            self.trouble = f"A change could not be indexed ({error!r}); the log says more."


def _identity(folder: Path) -> tuple[int, int]:
    """Another folder of the same name is not watched yet. Raises FileNotFoundError."""
    facts = folder.stat()
    return facts.st_dev, facts.st_ino
