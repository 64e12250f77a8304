"""`codekiln serve` in a process of its own, and what is asked of it without any client's library.

As a program it starts one, and a language server, asks what editors and browsers ask, and says what came
of it and what left this machine: to be run in a network namespace of its own, where the kernel's counters
are those of all processes in it.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SOON = 60
BEFORE = "from shapes import area_of\n\n\ndef total(widths):\n"
INFILL = {
    "input_prefix": BEFORE,
    "prompt": "    return sum(area_of(",
    "input_suffix": "\n",
    "n_predict": 16,
}
TABBY = {"language": "python", "segments": {"prefix": BEFORE + "    return ", "suffix": "\n"}}
PLACE = {"prefix": BEFORE + "    return ", "language": "python", "max_tokens": 8}
EVENT = {"type": "view", "completion_id": "x", "choice_index": 0}

PAGES = ("/", "/docs", "/metrics", "/health", "/props", "/playground/api/model")
WORKINGS = ("suggest", "beams")


@dataclass
class Serving:
    """A server that has said that it serves."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    left: tuple[int, str] | None = None

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, bytes, Any]:
        """Status, body and headers."""
        place = urlsplit(self.told["address"])
        connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=SOON)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            reply = connection.getresponse()
            return reply.status, reply.read(), reply.headers
        finally:
            connection.close()

    def json(self, method: str, path: str, body: object = None) -> Any:
        """What it says, where all is well."""
        status, content, _ = self.ask(method, path, body)
        assert status == 200, content
        return json.loads(content)

    def stop(self, sign: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it wrote to stderr."""
        if self.left is None:
            self.process.send_signal(sign)
            _, err = self.process.communicate(timeout=SOON)
            self.left = self.process.returncode, err
        return self.left


@contextmanager
def serving(*options: object, environment: dict[str, str] | None = None) -> Iterator[Serving]:
    """A server on a free port."""
    command = [sys.executable, "-m", "codekiln", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            _, err = process.communicate(timeout=SOON)
            raise AssertionError(f"it did not start: {err}")
        server = Serving(process, json.loads(line))
        yield server
        server.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def ghost_text(folder: Path, work: Path, environment: dict[str, str]) -> tuple[str, int, str]:
    """What a language server suggests behind `BEFORE`, its exit status, and what it wrote to stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "codekiln", "lsp", "--work", str(work)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdin
    assert process.stdout

    def say(method: str, params: object, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        process.stdin.flush()

    def ask(method: str, params: object, number: int) -> Any:
        say(method, params, number)
        told: dict[str, Any] = {}
        while told.get("id") != number:
            length = int(process.stdout.readline().split(b":")[1])
            while process.stdout.readline().strip():
                pass
            told = json.loads(process.stdout.read(length))
        return told["result"]

    document = {"uri": (folder / "sums.py").as_uri(), "languageId": "python", "version": 1}
    place = {"line": BEFORE.count("\n"), "character": 11}
    folders = [{"uri": folder.as_uri(), "name": folder.name}]
    try:
        ask("initialize", {"processId": None, "capabilities": {}, "workspaceFolders": folders}, 1)
        say("initialized", {})
        say("textDocument/didOpen", {"textDocument": {**document, "text": PLACE["prefix"]}})
        params = {"textDocument": document, "position": place, "context": {"triggerKind": 1}}
        found = ask("textDocument/inlineCompletion", params, 2)
        ask("shutdown", None, 3)
        say("exit", None)
        _, err = process.communicate(timeout=SOON)
    finally:
        process.kill()
    return found["items"][0]["insertText"], process.returncode, err.decode()


def left_this_machine() -> dict[str, int]:
    """What processes of this network namespace tried to send elsewhere, and which names they looked up.

    There is no way out of it, so that an attempt ends as a packet without a route; a look-up that asks a
    server of this machine is a datagram.
    """
    found = {}
    lines = Path("/proc/net/snmp").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        protocol = names.split(":")[0]
        pairs = zip(names.split()[1:], values.split()[1:], strict=True)
        found |= {f"{protocol}.{name}": int(value) for name, value in pairs}
    for line in Path("/proc/net/snmp6").read_text().splitlines():
        name, value = line.split()
        found[name] = int(value)
    wanted = ("Ip.OutNoRoutes", "Udp.OutDatagrams", "Ip6OutNoRoutes", "Udp6OutDatagrams")
    return {name: found[name] for name in wanted}


def main(folder: str) -> None:
    """Start a server, ask all that is asked, stop it, and print what came of it."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    code, work = Path(folder) / "code", Path(folder) / "work"
    code.mkdir()
    (code / "shapes.py").write_text("def area_of(width, height):\n    return width * height\n")
    with serving("--repo", code, "--work", work, environment=environment) as server:
        end = time.monotonic() + SOON
        while "indexed" not in server.json("POST", "/infill", INFILL)["codekiln"]["folder"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        answers = [server.json("POST", "/infill", INFILL)]
        (code / "colours.py").write_text("def shade_of(colour):\n    return colour\n")
        while server.json("POST", "/infill", INFILL)["codekiln"]["folder"] != "indexed: 2 files":
            assert time.monotonic() < end
            time.sleep(0.1)
        answers.append(server.json("POST", "/v1/completions", TABBY))
        server.ask("POST", "/v1/events", EVENT)
        pages = [server.ask("GET", path)[0] for path in PAGES]
        answers += [server.json("POST", f"/playground/api/{each}", PLACE) for each in WORKINGS]
        code_left, err = server.stop()
    ghost = ghost_text(code, Path(folder) / "lsp", environment)
    before = left_this_machine()
    subprocess.run(  # what a child of it would have done, were it to look anything up
        [sys.executable, "-c", "import socket; socket.getaddrinfo('example.org', 80)"],
        capture_output=True,
        check=False,
    )
    report = {"answers": answers, "pages": pages, "exit": code_left, "err": err, "ghost": ghost}
    print(json.dumps({**report, "left": before, "after_a_look_up": left_this_machine()}))


if __name__ == "__main__":
    main(sys.argv[1])
