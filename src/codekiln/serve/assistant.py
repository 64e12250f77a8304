"""What every transport calls: a place in a file becomes a suggestion, with what its prompt was given.

One model and at most one folder stand behind it. Any thread may ask.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from codekiln.apps.gathered import gathered_in
from codekiln.apps.suggest import Suggestion, suggest
from codekiln.errors import UsageError
from codekiln.generate import Completer, CompletionChunk, CompletionRequest
from codekiln.generate.verify import Verifier
from codekiln.languages import language_of
from codekiln.serve.admission import Admission
from codekiln.serve.watched import WatchedFolder
from codekiln.tasks.context import Context
from codekiln.tokenizer import Tokenizer

CONTEXT_TOKENS = 448  # of other files in a prompt, where a folder is known


@dataclass(frozen=True)
class Answer:
    """A suggestion, and which pieces of the folder its prompt had (None: no folder is known)."""

    suggestion: Suggestion
    context: Context | None


class Assistant:
    """A completer with admission, context of a folder, and verification around it."""

    def __init__(
        self,
        completer: Completer,
        *,
        name: str,
        tokenizer: Tokenizer | None,
        folder: WatchedFolder | None = None,
        admission: Admission | None = None,
        context_tokens: int = CONTEXT_TOKENS,
    ) -> None:
        """`name` is the model's, for formats that tell it; a server's model has no `tokenizer` of ours."""
        self.completer, self.name, self.tokenizer = completer, name, tokenizer
        self.folder, self.admission = folder, admission or Admission()
        self._context_tokens = context_tokens
        self._verifier = Verifier()

    def suggest(self, request: CompletionRequest, document: str = "") -> Answer:
        """What may be shown at the cursor. `document` names the file as its editor does.

        Where the request has no `context` yet, what the folder has for it is put in.

        Raises:
            OverloadedError: too many ask at once.
            UsageError: the request is out of bounds.
            ServerError: the server behind it fails.
        """
        with self.admission.admitted(document, request.cancelled) as cancelled:
            request, context = self._with_context(replace(request, cancelled=cancelled))
            index = self.folder.index if self.folder else None
            found = suggest(self.completer, request, index=index, verifier=self._verifier)
            return Answer(found, context)

    def stream(self, request: CompletionRequest, document: str = "") -> Iterator[CompletionChunk]:
        """What the model writes, as it writes it, unverified; errors as `suggest`, with the first chunk."""
        with self.admission.admitted(document, request.cancelled) as cancelled:
            yield from self.completer.complete(replace(request, cancelled=cancelled))

    def _with_context(self, request: CompletionRequest) -> tuple[CompletionRequest, Context | None]:
        if not request.language and request.path:
            language = language_of(request.path)
            request = replace(request, language=language.name if language else "")
        if self.folder is None or request.context:
            return request, None
        if self.tokenizer is None:
            raise UsageError("Context of a folder is measured in tokens: give --model as well.")
        found = gathered_in(
            request, self.folder.root, self.tokenizer, self.folder.index, self._context_tokens
        )
        return replace(request, context=found.text), found
