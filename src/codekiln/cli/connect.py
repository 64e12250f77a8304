"""`codekiln connect`: shows what an editor's settings would be, asks, and writes them."""

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.syntax import Syntax

from codekiln.cli.options import Json
from codekiln.cli.terminal import output, print_json, printable
from codekiln.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from codekiln.apps.connect import Change


class EditorName(StrEnum):
    """The editors that are known, as `apps.connect` has them."""

    vscode = "vscode"
    neovim = "neovim"
    vim = "vim"
    helix = "helix"
    emacs = "emacs"
    zed = "zed"
    continue_ = "continue"


Address = Annotated[str, typer.Option("--address", help="Where 'codekiln serve' listens.")]
Token = Annotated[str, typer.Option("--token", help="The server's token, if it asks for one.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="A model's folder or name, instead of the starter.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Write without asking.")]
Undo = Annotated[bool, typer.Option("--undo", help="Put the files back as they were.")]


def connect(
    editor: Annotated[EditorName, typer.Argument(help="The editor.")],
    address: Address = "http://127.0.0.1:8012",
    token: Token = "",
    model: ModelName = None,
    undo: Undo = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write an editor's settings, so that codekiln completes in it; shown first, with undo."""
    from codekiln.apps.connect import EDITORS, Connection, changes, checked_address, write
    from codekiln.apps.connect import undo as undone
    from codekiln.apps.places import Places

    places = Places()
    record = places.state / "connect" / f"{editor.value}.json"
    if undo:
        found = undone(record)
    else:
        given, name = _model(model)
        command = (*_command(), "lsp", *given)
        connection = Connection(command, checked_address(address), _plugin(), token, name)
        try:
            found = changes(editor.value, connection, places)
        except SettingsError as error:
            if error.lines and not as_json:
                output.print(error.lines, markup=False, highlight=False, soft_wrap=True)
            raise
    written = bool(found) and (yes or (not as_json and _agreed(found)))
    if written and undo:
        _take_back(found, record)
    elif written:
        write(found, record)
    remark = "" if undo else EDITORS[editor.value].remark
    if as_json:
        files = [{"path": str(one.path), "diff": one.diff} for one in found]
        print_json({"files": files, "written": written, "remark": remark})
    elif not found:
        output.print(f"{editor.value} has these settings already. {remark}", soft_wrap=True)
    else:
        output.print(f"Written. {remark}" if written else "Nothing was written.", soft_wrap=True)


def _agreed(changes: "list[Change]") -> bool:
    """Show what would be written, and ask."""
    for change in changes:
        diff = printable(change.diff)
        output.print(Syntax(diff, "diff", background_color="default"), soft_wrap=True)
    if not sys.stdin.isatty():
        raise UsageError("Nobody is there to be asked: add --yes to write this.")
    return typer.confirm("Write this?", default=True)


def _take_back(changes: "list[Change]", record: Path) -> None:
    from codekiln.apps.connect import write

    write(changes, record)
    record.unlink()


def _model(named: str | None) -> tuple[tuple[str, ...], str]:
    """The option that names a model to the language server, and what a server calls it, as `serve` does."""
    if named is None:
        return (), "starter"
    folder = Path(named).resolve()
    if folder.is_dir():
        return ("--model", str(folder)), folder.name
    return ("--model", named), named


def _command() -> tuple[str, ...]:
    """What starts codekiln also for an editor that knows no PATH of a shell."""
    found = shutil.which("codekiln")
    return (found,) if found else (sys.executable, "-m", "codekiln")


def _plugin() -> Path:
    """Our plugin for Neovim: in the package, or, in a repository, beside it."""
    import codekiln

    package = Path(codekiln.__file__).parent
    inside = package / "editors" / "neovim"
    return inside if inside.is_dir() else package.parents[1] / "editors" / "neovim"
