"""`codekiln lsp` as an editor starts it, with the model that comes with the package."""

import subprocess
import sys

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cli.refusals import assert_refused
from codekiln.serve.events import read_events
from generate.servers.test_servers import KINDS
from model_server import ModelServer
from serve.lsp.editor import REAL, run, started

LOOP = "def f(values):\n    {0:.3}\n    for value in values:\n        {0}.append(value)\n    return {0}\n"


@pytest.mark.slow
def test_the_starter_suggests_by_what_stands_before_and_behind(tmp_path):
    folder, work = tmp_path / "repo", tmp_path / "work"
    folder.mkdir()

    async def conversation():
        options = ["--work", work]
        async with started(REAL, *options, folders=[folder]) as editor:
            uri = editor.open(folder / "a.py", "import numpy as ")
            assert await editor.ghost(uri, 0, 16) == "np"
            editor.type(uri, 2, "pandas", (0, 7), (0, 12))
            assert await editor.ghost(uri, 0, 17) == "pd"
            behind = []
            for version, name in enumerate(["total", "result"], start=3):
                editor.type(uri, version, LOOP.format(name), None)
                behind.append(await editor.ghost(uri, 1, 7))
            assert all(behind)
            assert behind[0] != behind[1]
            assert (await editor.plain(uri, 1, 7)).items[0].text_edit.new_text == "res" + behind[1]

    run(conversation())
    kinds = [event.kind for event in read_events(work)]
    assert (kinds.count("suggested"), kinds.count("shown")) == (5, 4)  # one was for a list


@pytest.mark.slow
def test_what_is_written_in_the_folder_is_suggested(tmp_path):
    folder, work = tmp_path / "repo", tmp_path / "work"
    folder.mkdir()
    line = "return sum(price * weight for price, weight in zip(prices, weights))"
    (folder / "sums.py").write_text(f"def total(prices, weights):\n    {line}\n" * 2)

    async def conversation():
        async with started(REAL, "--work", work, folders=[folder]) as editor:
            uri = editor.open(folder / "a.py", f"def total(prices, weights):\n    {line[:22]}")
            await editor.ghost(uri, 1, 26)
            await editor.until(lambda: any(bar["kind"] == "end" for bar in editor.bars))
            assert (line[:22] + await editor.ghost(uri, 1, 26)).startswith(line[:44])

    run(conversation())


def test_a_model_that_is_none_leaves_a_server_that_says_so(tmp_path):
    async def conversation():
        options = ["--work", tmp_path / "work", "--model", tmp_path]
        async with started(REAL, *options) as editor:
            uri = editor.open(tmp_path / "a.py", "x = ")
            await editor.until(lambda: editor.messages)
            for _ in range(2):
                with pytest.raises(JsonRpcException) as refused:
                    await editor.ghost(uri, 0, 4, invoked=True)
                assert refused.value.code == types.LSPErrorCodes.RequestFailed
                assert refused.value.message == editor.messages[0]

    run(conversation())


def test_a_servers_model_is_asked_by_the_template_that_is_given(tmp_path):
    kind = KINDS["vLLM"]

    async def conversation(server):
        options = ["--engine", server.url, "--engine-template", "qwen"]
        async with started(REAL, "--work", tmp_path, *options) as editor:
            uri = editor.open(tmp_path / "a.py", "x = \ny = 1\n")
            assert await editor.ghost(uri, 0, 4) == "answer()"

    with ModelServer(dict(kind.replies)) as server:
        server.replies[kind.path] = [kind.stream(kind.said("answer()"), kind.end["end"])]
        run(conversation(server))
        (body,) = server.bodies(kind.path)
    assert body["prompt"].endswith("<|fim_prefix|>x = <|fim_suffix|>\ny = 1\n<|fim_middle|>")


@pytest.mark.parametrize("option", ["--engine-model", "--engine-template"])
def test_how_a_server_is_asked_says_nothing_without_its_address(codekiln, option):
    assert_refused(codekiln("lsp", option, "qwen"), 2, "--engine address")


def test_nothing_but_the_protocol_goes_to_stdout(tmp_path):
    """Whatever writes there, Python or not, writes to stderr."""
    program = (
        "import os, sys\n"
        "from codekiln.cli.lsp import _stdout_alone\n"
        "with _stdout_alone() as out:\n"
        "    print('python', flush=True); os.write(1, b'native\\n'); out.write(b'protocol')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"protocol"
    assert done.stderr.split() == [b"python", b"native"]
