"""`codekiln lsp`: the language server on stdin and stdout, for an editor to start."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from codekiln.cli.options import Model
from codekiln.cli.serve import Engine, EngineModel, EngineTemplate, NoEvents, check_engine

Work = Annotated[
    Path | None, typer.Option("--work", help="Folder for indexes; default: the user's cache.")
]


def lsp(
    model: Model = Path("starter"),
    engine: Engine = None,
    engine_model: EngineModel = None,
    engine_template: EngineTemplate = None,
    no_events: NoEvents = False,
    work: Work = None,
) -> None:
    """Speak the language server protocol on stdin and stdout; an editor starts this."""
    import asyncio
    import logging

    from pygls.io_ import StdoutWriter

    from codekiln.apps.places import Places
    from codekiln.device import return_freed_memory
    from codekiln.serve.events import Events
    from codekiln.serve.lsp.assistants import loader
    from codekiln.serve.lsp.server import CodekilnServer

    check_engine(engine, engine_model, engine_template)
    return_freed_memory()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # what it has to say, we say ourselves
    place = work or Places().cache

    async def served(stack: ExitStack) -> int:
        load = loader(model, stack, engine, engine_model, engine_template)
        server = CodekilnServer(load, place, Events(None if no_events else place))
        server.protocol.set_writer(StdoutWriter(out))
        return await server.run(lambda size: os.read(sys.stdin.fileno(), size))

    with _stdout_alone() as out, ExitStack() as stack:
        code = asyncio.run(served(stack))
    raise typer.Exit(code)


@contextmanager
def _stdout_alone() -> Iterator[BinaryIO]:
    """What was stdout, for the protocol alone: whoever else writes there writes to stderr from now on."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        yield out
