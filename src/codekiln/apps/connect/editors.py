"""What each editor is to read, and where: from a connection to the changes of its files.

Where an editor reads every file of a folder, ours is a file of its own. Elsewhere the settings are put
into the user's, or, where that cannot be done safely, the error holds the lines to put in by hand.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from codekiln.apps.connect.change import Change, read_settings
from codekiln.apps.connect.jsonc import with_member
from codekiln.apps.connect.toml import with_tables
from codekiln.apps.connect.yaml import with_entry
from codekiln.apps.places import Places
from codekiln.errors import SettingsError

TAKE_BACK = "take them back with --undo first: codekiln connect"
MARK = "Written by 'codekiln connect"  # in the first line of files that are ours
OURS_IN_ZED = "open_ai_compatible_api"  # the member that has our settings
# The servers that Helix itself has for a language: a list of ours would replace them.
_HELIX: Mapping[str, tuple[str, ...]] = {
    "python": ("ty", "ruff", "jedi", "pylsp"),
    "rust": ("rust-analyzer",),
    "go": ("gopls", "golangci-lint-lsp"),
    "javascript": ("typescript-language-server",),
    "typescript": ("typescript-language-server",),
    "c": ("clangd",),
    "cpp": ("clangd",),
    "java": ("jdtls",),
}


@dataclass(frozen=True)
class Connection:
    """How an editor reaches us: the command of the language server, or the address of the server.

    `plugin` is the folder of our plugin for Neovim. An empty `token` is none.
    """

    command: tuple[str, ...]
    address: str
    plugin: Path
    token: str = ""
    model: str = "codekiln"


@dataclass(frozen=True)
class Editor:
    """`place` is the file that its connection stands in, and `serves` whether it asks `codekiln serve`.

    `remark` says what a user has to do besides.
    """

    place: Callable[[Places], Path]
    make: Callable[[Path, Connection], list[Change]]
    serves: bool
    remark: str


def changes(name: str, connection: Connection, places: Places) -> list[Change]:
    """What is to be written for an editor; none where all of it is there already.

    Raises:
        SettingsError: a file cannot be read, or what is there cannot be merged with.
    """
    editor = EDITORS[name]
    made = [_like(change) for change in editor.make(editor.place(places), connection)]
    return [change for change in made if change.before != change.after]


def _vscode(path: Path, connection: Connection) -> list[Change]:
    wanted = {"editor.inlineSuggest.enabled": True, "codekiln.command": list(connection.command)}
    return [_with_members(path, {(name,): value for name, value in wanted.items()})]


def _zed(path: Path, connection: Connection) -> list[Change]:
    # With "infer" it asks nothing, but of models whose names it knows.
    server = {
        "api_url": f"{connection.address}/v1/completions",
        "model": connection.model,
        "prompt_format": "star_coder",
        "max_output_tokens": 64,
    }
    members: dict[tuple[str, ...], object] = {
        ("edit_predictions", OURS_IN_ZED): server,
        ("edit_predictions", "provider"): OURS_IN_ZED,
    }
    return [_with_members(path, members)]


def _helix(path: Path, connection: Connection) -> list[Change]:
    command, *arguments = connection.command
    server = f"[language-server.codekiln]\ncommand = {_toml(command)}\nargs = {_toml(arguments)}\n"
    languages = [
        f"\n[[language]]\nname = {_toml(name)}\nlanguage-servers = {_toml([*servers, 'codekiln'])}\n"
        for name, servers in _HELIX.items()
    ]
    before, added = read_settings(path), server + "".join(languages)
    there = _feeds(before)
    if added in there:
        return []
    if "[language-server.codekiln]" in there:
        raise _refused(path, f"settings of ours for another server ({TAKE_BACK} helix)", added)
    if "[[language]]" in there:
        raise _refused(path, "languages of its own, and a second entry would hide them", added)
    return [_merged(path, before, added, with_tables)]


def _continue(path: Path, connection: Connection) -> list[Change]:
    key = f"apiKey: {json.dumps(connection.token)}\n" if connection.token else ""
    # Its llama.cpp would post to /completion, without a suffix. By openai, and not as a chat, it puts the
    # prompt together itself, which `serve.http.templated` reads.
    entry = (
        f"name: codekiln\nprovider: openai\nmodel: {json.dumps(connection.model)}\n"
        f"apiBase: {connection.address}/v1\n{key}useLegacyCompletionsEndpoint: true\n"
        "roles:\n  - autocomplete\n"
    )
    before, item = read_settings(path), f"  - {indent(entry, '    ').lstrip()}"
    there = _feeds(before)
    plain = [line.strip().removeprefix("- ") for line in there.splitlines()]
    if "\n".join(line.strip().removeprefix("- ") for line in entry.splitlines()) in "\n".join(
        plain
    ):
        return []
    if "name: codekiln" in plain:
        raise _refused(path, f"an entry of ours already ({TAKE_BACK} continue)", f"models:\n{item}")
    if before is None and path.with_name("config.json").exists():
        reason = "config.json beside it, which Continue reads no longer once this one is there"
        raise _refused(path, reason, f"models:\n{item}")
    start = there or "name: My configuration\nversion: 1.0.0\nschema: v1\n"
    try:
        return [Change(path, before, with_entry(start, "models", entry))]
    except SettingsError as error:
        raise _refused(path, str(error), f"models:\n{item}") from None


def _neovim(path: Path, connection: Connection) -> list[Change]:
    command = ", ".join(map(_lua, connection.command))
    return [
        _own(
            path,
            f"-- {MARK} neovim'; with --undo it goes.\n"
            f"vim.opt.runtimepath:append({_lua(str(connection.plugin))})\n"
            f'require("codekiln").setup({{ cmd = {{ {command} }} }})\n',
        )
    ]


def _vim(path: Path, connection: Connection) -> list[Change]:
    key = f", 'api_key': {_vimscript(connection.token)}" if connection.token else ""
    ours = f"{{'endpoint_fim': {_vimscript(f'{connection.address}/infill')}{key}}}"
    return [
        _own(
            path,
            f"\" {MARK} vim'; with --undo it goes. For llama.vim.\n"
            f"let g:llama_config = extend(get(g:, 'llama_config', {{}}), {ours})\n",
        )
    ]


def _emacs(init: Path, connection: Connection) -> list[Change]:
    folder = init.parent if init.name == "init.el" else init.parent / ".emacs.d"
    path = folder / "codekiln.el"
    command = " ".join(map(_lisp, connection.command))
    own = _own(
        path,
        f";;; codekiln.el --- {MARK} emacs'; with --undo it goes. -*- lexical-binding: t -*-\n"
        "(with-eval-after-load 'eglot ; for modes that have no server of their own\n"
        f"  (add-to-list 'eglot-server-programs '(prog-mode . ({command})) t))\n"
        "(with-eval-after-load 'lsp-mode ; beside the server that a mode has\n"
        "  (lsp-register-client\n"
        f"   (make-lsp-client :new-connection (lsp-stdio-connection '({command}))\n"
        "                    :activation-fn (lambda (&rest _) t)\n"
        "                    :add-on? t :priority -1 :server-id 'codekiln)))\n",
    )
    before, line = read_settings(init), f"(load {_lisp(str(path.with_suffix('')))} t)"
    if before is not None and line in before:
        return [own]
    if before and not _is_balanced(before):
        raise _refused(init, "brackets that do not close", line)
    feed = "" if not before or before.endswith("\n") else "\n"
    return [own, Change(init, before, f"{before or ''}{feed}{line}\n")]


EDITORS: Mapping[str, Editor] = {
    "vscode": Editor(
        lambda places: places.vscode,
        _vscode,
        False,
        "Install the extension too: code --install-extension codekiln.vsix (docs/editors.md says how).",
    ),
    "neovim": Editor(
        lambda places: places.neovim / "plugin" / "codekiln.lua",
        _neovim,
        False,
        "Start Neovim again: <Tab> takes a suggestion, <M-Right> its next word.",
    ),
    "vim": Editor(
        lambda places: places.vim / "plugin" / "codekiln.vim",
        _vim,
        True,
        "Needs the plugin llama.vim, and 'codekiln serve' running.",
    ),
    "helix": Editor(
        lambda places: places.helix,
        _helix,
        False,
        "Suggestions are in the completion list; 'hx --health python' shows the server.",
    ),
    "emacs": Editor(
        lambda places: places.emacs,
        _emacs,
        False,
        "Suggestions are in completion at point, with M-x eglot or M-x lsp.",
    ),
    "zed": Editor(
        lambda places: places.zed,
        _zed,
        True,
        "Needs 'codekiln serve' running; a token goes into Zed's own settings page.",
    ),
    "continue": Editor(
        lambda places: places.continue_, _continue, True, "Needs 'codekiln serve' running."
    ),
}


def _like(change: Change) -> Change:
    """With the line ends of what is there."""
    old, new = change.before or "", change.after or ""
    if old.count("\n") and old.count("\n") == old.count("\r\n"):
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    return Change(change.path, change.before, new)


def _with_members(path: Path, members: Mapping[tuple[str, ...], object]) -> Change:
    before = read_settings(path)
    after = before or ""
    try:
        for names, value in members.items():
            after = with_member(after, names, value)
    except SettingsError as error:
        lines = "{}"
        for names, value in members.items():
            lines = with_member(lines, names, value)
        raise _refused(path, str(error), lines) from None
    return Change(path, before, after)


def _merged(path: Path, before: str | None, added: str, merge: Callable[[str, str], str]) -> Change:
    try:
        return Change(path, before, merge(before or "", added))
    except SettingsError as error:
        raise _refused(path, str(error), added) from None


def _own(path: Path, text: str) -> Change:
    """A file that is ours alone."""
    before = read_settings(path)
    if before is not None and MARK not in before.partition("\n")[0]:
        raise _refused(path, "what somebody else wrote", text)
    return Change(path, before, text)


def _refused(path: Path, reason: str, lines: str) -> SettingsError:
    return SettingsError(
        f"{path} is left as it is, since it has {reason.rstrip('.')}: put these lines in by hand.",
        lines,
    )


def _feeds(text: str | None) -> str:
    """With line feeds alone; empty where there is none."""
    return (text or "").replace("\r\n", "\n")


def _is_balanced(text: str) -> bool:
    """Whether a file of Lisp closes what it opens, strings, comments and characters left out."""
    depth, place = 0, 0
    while place < len(text):
        sign = text[place]
        if sign == ";":
            place = text.find("\n", place)
            if place < 0:
                break
        elif sign == "?":
            place += 2 if text[place + 1 : place + 2] == "\\" else 1
        elif sign == "\\":
            place += 1
        elif sign == '"':
            place += 1
            while place < len(text) and text[place] != '"':
                place += 2 if text[place] == "\\" else 1
            if place >= len(text):
                return False
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
        place += 1
    return depth == 0


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _lisp(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vimscript(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
