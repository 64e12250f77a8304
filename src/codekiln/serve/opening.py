"""From a model's folder, or the address of somebody's server, to an assistant that is ready to answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from codekiln.artifact import open_work
from codekiln.errors import UsageError
from codekiln.generate import Completer
from codekiln.generate.loading import load_completer, model_folder
from codekiln.serve.assistant import CONTEXT_TOKENS, Assistant
from codekiln.serve.embedder import load_embedder
from codekiln.serve.watched import WatchedFolder
from codekiln.tokenizer import Tokenizer


@contextmanager
def opened_assistant(
    model: Path,
    *,
    work: Path,
    folder: Path | None = None,
    also: Sequence[str] = (),
    server: str | None = None,
    server_model: str | None = None,
    server_template: str | None = None,
    adapters: Mapping[str, Path] | None = None,
    encoder: Path | None = None,
    context_tokens: int = CONTEXT_TOKENS,
) -> Iterator[Assistant]:
    """The assistant, whose folder is watched until the end of the block.

    With a `server` its model answers, and the tokenizer of `model` only measures what goes into a prompt.
    `encoder` is the folder of one that makes vectors, `also` has further names of the model.

    Raises:
        UsageError: adapters are asked of a server, or have the model's name.
        SourceError, BusyError: as `WatchedFolder`.
        ServerError: as `open_server`; and as `load_completer` and `load_embedder`.
    """
    adapters = adapters or {}
    tokenizer = Tokenizer.load(model_folder(model))
    with ExitStack() as stack:
        watched = None
        if folder is not None:
            open_work(work)
            watched = stack.enter_context(WatchedFolder(folder, tokenizer, work))
        completer: Completer
        if server is None:
            name = model_folder(model).resolve().name
            live = watched.live if watched else None
            ours = load_completer(model, index=live, adapters=adapters)
            ours.warm_up()
            completer = ours
        elif adapters:
            raise UsageError("An adapter changes a model of this machine: leave out --engine.")
        else:
            from codekiln.generate.servers import open_server  # whose extra not everybody has

            asked = stack.enter_context(open_server(server, server_model, template=server_template))
            completer, name = asked, asked.dialect.model
        if name in adapters:
            raise UsageError(f"An adapter has the model's name, {name}: give it another.")
        yield Assistant(
            completer,
            name=name,
            tokenizer=tokenizer if server is None else None,
            measure=tokenizer,
            embedder=load_embedder(encoder) if encoder else None,
            folder=watched,
            also=[other for other in also if other not in (name, *adapters)],
            adapters=tuple(adapters),
            context_tokens=context_tokens,
        )
