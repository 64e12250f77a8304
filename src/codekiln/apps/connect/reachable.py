"""Why nothing appears in an editor: findings of `codekiln doctor --editor`, each with the remedy.

The road is walked as an editor walks it: is somebody at the address, is it us, does it let us in, is the
model loaded, does it answer with a text; the language server's model is loaded here; and which editors
have settings of ours, and whether these can work.
"""

import json
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from codekiln.apps.connect.change import read_settings
from codekiln.apps.connect.editors import EDITORS, OURS_IN_ZED
from codekiln.apps.connect.flaws import flaw
from codekiln.apps.places import Places
from codekiln.apps.suggest import suggest
from codekiln.errors import CodekilnError, SettingsError
from codekiln.generate import CompletionRequest
from codekiln.generate.loading import load_completer
from codekiln.pipeline.doctor import Finding

PATIENCE = 10.0  # seconds for an answer
SLOW = 1000  # milliseconds, after which most editors have given up
TOKENS = 8
BEFORE, AFTER = "import numpy as", "\n\nzeros = np.zeros(3)\n"
_ADDRESS = re.compile(
    r"https?://[\w.:\[\]-]+(?=/v1/completions|/infill|(?:/v1)?\s*$)", re.MULTILINE
)
_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def diagnose_editor(
    address: str, token: str, model: Path, places: Places, environment: Mapping[str, str]
) -> list[Finding]:
    """All findings: the server's road, the language server's, then the editors."""
    server = _server(address, token)
    is_ours = server[-1].name == "completion"  # the end of the road
    models = _models(address, token) if is_ours else []
    found = [_proxies(address, environment), *server, _model(model)]
    return [*found, *_editors(address, places, models)]


def _proxies(address: str, environment: Mapping[str, str]) -> Finding:
    """Whether requests of an editor to this machine go through somebody else's."""
    host = urlsplit(address).hostname or ""
    named = [name for name in _PROXIES if environment.get(name)]
    spared = re.split(r"[,\s]+", environment.get("no_proxy") or environment.get("NO_PROXY") or "")
    if not named:
        return Finding("proxy", "ok", "no proxy variable is set")
    if host in spared or "*" in spared:
        return Finding("proxy", "ok", f"{named[0]} is set, and {host} is spared from it")
    return Finding(
        "proxy",
        "warning",
        f"{named[0]} is set, so an editor may ask the proxy for {host}",
        f"set no_proxy={host} where the editor is started",
    )


def _server(address: str, token: str) -> list[Finding]:
    """What an editor that speaks HTTP would meet; ends where the road does."""
    start = f"codekiln serve --port {urlsplit(address).port or 8012}"
    try:
        status, health = _asked(address, "/health", token)
    except TimeoutError:
        detail = f"{address} takes requests, but answered none within {PATIENCE:.0f} s"
        remedy = "wait, if it is still loading its model, then try again"
        return [Finding("server", "warning", detail, remedy)]
    except OSError as error:
        users = ", ".join(name for name, editor in EDITORS.items() if editor.serves)
        detail = f"nobody answers at {address} ({_reason(error)}); of the editors {users} need it"
        return [Finding("server", "missing", detail, f"start it: {start}")]
    if status == 401:
        remedy = "give it with --token, and to the editor: 'codekiln connect' has --token too"
        what = "is wrong" if token else "is wanted"
        return [Finding("server", "ok", address), Finding("token", "missing", f"it {what}", remedy)]
    if status == 503 and health is not None:  # as llama.cpp's server says it
        return [
            Finding("server", "warning", "it is still loading its model", "wait, then try again")
        ]
    if status == 503:
        detail = "it has all the connections that it takes, or is somebody else's"
        return [Finding("server", "warning", detail, "close some editors, then try again")]
    if status != 200 or not isinstance(health, dict) or health.get("status") != "ok":
        detail = f"somebody else answers at {address} (status {status})"
        return [
            Finding("server", "warning", detail, "serve at another --port, and connect to that")
        ]
    return [Finding("server", "ok", address), _answer(address, token)]


def _answer(address: str, token: str) -> Finding:
    """Whether a completion comes back, with a text, in time."""
    body = {"input_prefix": BEFORE, "input_suffix": AFTER, "n_predict": TOKENS, "stream": False}
    try:
        _asked(address, "/infill", token, body)  # the first answer is later than all others
        begun = time.perf_counter()
        status, found = _asked(address, "/infill", token, body)
    except OSError as error:
        remedy = "look at what the server prints"
        return Finding(
            "completion", "missing", f"none within {PATIENCE:.0f} s ({_reason(error)})", remedy
        )
    took = 1000 * (time.perf_counter() - begun)
    if status != 200 or not isinstance(found, dict):
        detail = f"it was refused with status {status}: {json.dumps(found)[:200]}"
        return Finding("completion", "missing", detail, "look at what the server prints")
    return _judged("completion", str(found.get("content", "")), took)


def _models(address: str, token: str) -> list[str]:
    """The names that a request may give; none where they cannot be known."""
    try:
        _, found = _asked(address, "/v1/models", token)
        return [str(one["id"]) for one in found["data"]]
    except (OSError, LookupError, TypeError):
        return []


def _model(model: Path) -> Finding:
    """Whether the language server's model loads, and says something."""
    name = f"model {model}"
    try:
        completer = load_completer(model)
        request = CompletionRequest(BEFORE, AFTER, "a.py", "python", max_tokens=TOKENS, lines=1)
        suggest(completer, request)
        begun = time.perf_counter()
        text = suggest(completer, request).text
    except CodekilnError as error:
        return Finding(name, "missing", "'codekiln lsp' cannot load it", str(error))
    return _judged(name, text, 1000 * (time.perf_counter() - begun))


def _judged(name: str, text: str, milliseconds: float) -> Finding:
    took = f"in {milliseconds:.0f} ms"
    if not text.strip():
        remedy = "try a larger model, or adapt this one to your code: codekiln adapt"
        return Finding(name, "warning", f"an empty answer {took}", remedy)
    if milliseconds > SLOW:
        remedy = "a smaller model, or 'codekiln compress', answers sooner"
        return Finding(name, "warning", f"{text.strip()!r} {took}, later than editors wait", remedy)
    return Finding(name, "ok", f"{text.strip()!r} {took}")


def _editors(address: str, places: Places, models: Sequence[str]) -> list[Finding]:
    """Each editor that has settings of ours, and the others in one."""
    judged = {name: _editor(name, address, places, models) for name in EDITORS}
    found = [one for one in judged.values() if one]
    others = [name for name, one in judged.items() if one is None]
    if not found:
        remedy = f"codekiln connect EDITOR, which is one of {', '.join(EDITORS)}"
        return [Finding("editors", "missing", "none has settings of ours", remedy)]
    rest = [Finding("others", "ok", f"without settings of ours: {', '.join(others)}")]
    return [*found, *(rest if others else ())]


def _editor(name: str, address: str, places: Places, models: Sequence[str]) -> Finding | None:
    """Whether an editor's settings lead where the server is and can work; None where none are ours."""
    editor = EDITORS[name]
    path = editor.place(places)
    try:
        text = read_settings(path) or ""
        if "codekiln" not in text and OURS_IN_ZED not in text:
            return None
        wrong = flaw(name, text, models)
    except SettingsError as error:
        return Finding(name, "warning", str(error), f"codekiln connect {name}")
    addresses = _ADDRESS.findall(text) if editor.serves else []
    if editor.serves and address not in addresses:
        led = f"leads to {addresses[0]}" if addresses else "leads nowhere"
        wrong = f"{led}, not to {address}"
    if not wrong:
        return Finding(name, "ok", str(path))
    return Finding(name, "warning", f"{path} {wrong}", _again(name, address, models))


def _again(name: str, address: str, models: Sequence[str]) -> str:
    """The command that mends an editor's settings."""
    named = f" --model {shlex.quote(models[0])}" if models else ""
    command = f"codekiln connect {name} --address {address}{named}"
    if name == "continue":  # which is not given a second entry
        return f"codekiln connect {name} --undo, then {command}"
    return command


def _asked(
    address: str, route: str, token: str, body: Mapping[str, Any] | None = None
) -> tuple[int, Any]:
    """Status and JSON of an answer; asked directly, whatever proxies are set.

    Raises:
        OSError: there is no answer.
    """
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = Request(address.rstrip("/") + route, data, headers)
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.status, _json(answer.read)
    except HTTPError as error:
        with error:
            return error.code, _json(error.read)
    except HTTPException as error:
        raise OSError(f"no HTTP is spoken there: {error!r}") from None


def _json(read: Callable[[int], bytes]) -> Any:
    try:
        return json.loads(read(1 << 20))
    except ValueError:
        return None


def _reason(error: OSError) -> str:
    inner = error.reason if isinstance(error, URLError) else error
    return str(inner.strerror if isinstance(inner, OSError) and inner.strerror else inner)
