"""A folder of texts in memory: the files of a repository in a corpus, for examples with context."""

from collections.abc import Mapping

from codekiln.tasks.context.folder import RefusedError, SourceFile, refusal, source_file


class TextFolder:
    """Implements `Folder`; what is refused in a working folder is refused here."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """`texts` are contents by path from the root; each is read when it is asked for, and remembered."""
        self._texts = texts
        self._files: dict[str, SourceFile] = {}

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._texts

    def file(self, path: str) -> SourceFile:
        """A file by its path.

        Raises:
            RefusedError: it is not there, or not for prompts.
        """
        reason = refusal(path) or ("" if path in self._texts else "not there")
        if reason:
            raise RefusedError(reason)
        if path not in self._files:
            self._files[path] = source_file(path, self._texts[path].encode())
        return self._files[path]
