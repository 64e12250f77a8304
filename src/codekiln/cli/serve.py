"""`codekiln serve` and `codekiln stats`: the server for editors, and what its suggestions were worth."""

import re
import socket
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from codekiln.cli.options import Json, Work
from codekiln.cli.terminal import errors, output, print_json, printable
from codekiln.errors import UsageError

Repo = Annotated[
    Path | None, typer.Option("--repo", help="A folder of code, which is indexed and watched.")
]
STARTER = Path("starter")
Served = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A model's folder, or 'starter'; default: what 'adapt' kept of --repo, or else the starter.",
    ),
]
Port = Annotated[int, typer.Option(help="0 takes any that is free.")]
Host = Annotated[
    str, typer.Option(help="The address to listen on; with another than this a token is asked for.")
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--name", help="A name by which others' browsers may reach that address. Repeatable."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine", help="A vLLM, llama.cpp or Ollama server's address; its model answers."
    ),
]
EngineModel = Annotated[
    str | None, typer.Option("--engine-model", help="Which model of that server.")
]
EngineTemplate = Annotated[
    str | None, typer.Option("--engine-template", help="How that model is asked for a middle.")
]
Adapters = Annotated[
    list[str] | None, typer.Option("--adapter", help="NAME=DIR, a model of its own. Repeatable.")
]
Encoder = Annotated[
    Path | None, typer.Option("--encoder", help="An encoder's folder: it answers for vectors.")
]
Context = Annotated[
    int, typer.Option("--context", min=0, help="Most tokens of other files in a prompt.")
]
NoEvents = Annotated[
    bool, typer.Option("--no-events", help="Keep nothing of what becomes of suggestions.")
]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--work",
        help="Where it is kept; default: 'work', where servers do, and the user's cache, where editors do.",
    ),
]
Delete = Annotated[bool, typer.Option("--delete", help="Delete all that was kept.")]


def serve(
    model: Served = None,
    repo: Repo = None,
    port: Port = 8012,
    host: Host = "127.0.0.1",
    name: Names = None,
    engine: Engine = None,
    engine_model: EngineModel = None,
    engine_template: EngineTemplate = None,
    adapter: Adapters = None,
    encoder: Encoder = None,
    context: Context = 448,
    no_events: NoEvents = False,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Serve completions to editors, in the formats of llama.cpp, OpenAI, Tabby and Ollama."""
    from codekiln.device import return_freed_memory
    from codekiln.pipeline.adaptations import kept_model
    from codekiln.serve.events import Events
    from codekiln.serve.http import Settings, create_app
    from codekiln.serve.http.listening import address_of, bound, is_local, run
    from codekiln.serve.http.token import token_of
    from codekiln.serve.opening import opened_assistant
    from codekiln.serve.web.router import router

    check_engine(engine, engine_model, engine_template)
    kept = None
    if repo and not (model or engine or adapter):
        kept = kept_model(repo, work)
    model = model or kept or STARTER
    return_freed_memory()
    names = _names(name or [], is_local(host))
    adapters = _adapters(adapter or [])
    listener = bound(host, port)
    token, place, is_new = ("", None, False) if is_local(host) else token_of(work)
    settings = Settings(host=host, token=token, names=names)
    with (
        listener,
        opened_assistant(
            model,
            work=work,
            folder=repo,
            also=[str(STARTER)] if kept else [],  # editors may know the server from before
            server=engine,
            server_model=engine_model,
            server_template=engine_template,
            adapters=adapters,
            encoder=encoder,
            context_tokens=context,
        ) as assistant,
    ):
        app = create_app(assistant, settings, Events(None if no_events else work))
        app.include_router(router(assistant, model=model, work=work))
        told = {
            "address": address_of(listener),
            "model": assistant.name,
            "folder": str(repo.resolve()) if repo else None,
            "token": token if is_new else None,
            "token_file": str(place) if place else None,
        }
        run(app, listener, lambda: print_json(told) if as_json else _say(told))
    if not as_json:
        errors.print("[dim]Stopped.[/]")


def stats(work: Kept = None, delete: Delete = False, as_json: Json = False) -> None:
    """Say how many suggestions were taken, how much of them stayed, and how long they took."""
    from codekiln.apps.places import Places
    from codekiln.serve.acceptance import acceptance
    from codekiln.serve.events import delete_events, read_events

    places = [work] if work else [Path("work"), Places().cache]
    events = chain.from_iterable(map(read_events, places))
    found = {name: asdict(each) for name, each in acceptance(events).items()}
    if delete:
        for place in places:
            delete_events(place)
    if as_json:
        print_json({"deleted": delete, "clients": found})
        return
    if not found["all"]["suggested"]:
        output.print(
            "Nothing is kept: 'codekiln serve' and 'codekiln lsp' keep it, unless told --no-events."
        )
        return
    for name, each in found.items():
        output.print(_line(name, each), soft_wrap=True)
    if delete:
        output.print("All of it is deleted.")


def _names(given: list[str], is_local: bool) -> tuple[str, ...]:
    """This machine's own and those that are given, as a browser tells them."""
    for each in given:
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", each, re.ASCII):
            raise UsageError(
                f"--name is '{each}', but must be a name alone, like models.example.org."
            )
    if given and is_local:
        raise UsageError("--name is for a server that others reach: give its --host too.")
    return tuple(each.lower() for each in (socket.gethostname(), *given))


def check_engine(engine: str | None, model: str | None, template: str | None) -> None:
    """Raise UsageError where it is said how a server is asked, but not which."""
    if (model or template) and not engine:
        raise UsageError(
            "--engine-model and --engine-template say how a server is asked: give its --engine address."
        )


def _adapters(given: list[str]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for each in given:
        name, equals, folder = each.partition("=")
        if not (name and equals and folder):
            raise UsageError(f"--adapter is '{each}', but must be NAME=DIR.")
        if name in named:
            raise UsageError(f"Two adapters are named {name}: give one another name.")
        named[name] = Path(folder)
    return named


def _say(told: dict[str, Any]) -> None:
    address = told["address"]
    output.print(
        f"[bold]{escape(printable(told['model']))}[/] at [cyan]{address}[/]", soft_wrap=True
    )
    if told["folder"]:
        output.print(f"knows {escape(printable(told['folder']))}", soft_wrap=True)
    if told["token"]:
        output.print(
            f"token, shown this once: {told['token']}\nin a browser: {address}/?token={told['token']}",
            soft_wrap=True,
        )
    elif told["token_file"]:
        output.print(f"token: in {escape(told['token_file'])}", soft_wrap=True)
    output.print("[dim]Ctrl-C stops it.[/]")


def _line(name: str, each: dict[str, float | None]) -> str:
    """One format's figures in a line."""
    rate = "unknown, its editors do not tell" if each["rate"] is None else f"{each['rate']:.0%}"
    times = ""
    if each["median_ms"] is not None:
        times = f", median {each['median_ms']:.0f} ms, 95 % within {each['p95_ms']:.0f} ms"
    return (
        f"{escape(printable(name))}: {each['suggested']:,} suggestions, {each['accepted']:,} accepted "
        f"(rate {rate}), {each['characters_kept']:,} characters kept{times}"
    )
