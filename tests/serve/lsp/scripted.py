"""A language server whose model is a script: `python scripted.py WORK`, on stdio as the real one.

What it answers depends on the text before the cursor, and shows what it was asked with.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from pygls.io_ import StdoutWriter

from codekiln.errors import ModelError, OverloadedError
from codekiln.generate import CompletionChunk
from codekiln.serve.events import Events
from codekiln.serve.lsp.assistants import Model
from codekiln.serve.lsp.server import CodekilnServer
from fakes import tiny_tokenizer

PATCH = "-{0}|{1}\n+{0}|{2}\n"


class Scripted:
    """Words in the prefix say what to do; the answer to anything else is what it was asked with."""

    def __init__(self, index):
        self.index = index

    def complete(self, request):
        text = self.answer(request)
        logprob = -9.0 if "DOUBT" in request.prefix else -0.5
        yield CompletionChunk(text, (1,), (logprob,), "end", 3)

    def answer(self, request):
        prefix = request.prefix
        if "WAIT" in prefix:
            stamp("waiting")
            request.cancelled.wait(30)
            stamp("cancelled")
            return os.environ.get("CUT", "too late")
        if "FULL" in prefix:
            raise OverloadedError("Too many: ask again.")
        if "BUG" in prefix:
            raise ZeroDivisionError("a bug of ours")
        if "ECHO" in prefix:
            shards = self.index.index.shards if self.index else ()
            files = sum(len(shard.documents()) for shard in shards) if self.index else -1
            facts = [request.path, request.language, request.block, request.lines, files]
            return f" + {json.dumps([*facts, prefix[-8:], request.suffix[:8]])}"
        if "### Fix" in prefix:
            return os.environ["PATCH"]
        return os.environ.get("ANSWER", "answer()")


def stamp(word):
    with Path(sys.argv[1], "log").open("a") as log:
        log.write(f"{word}\n")


def load():
    if os.environ.get("BROKEN"):
        raise ModelError("This model is none: give another.")
    return Model("scripted", tiny_tokenizer(), Scripted)


async def main():
    work = Path(sys.argv[1])
    server = CodekilnServer(load, work, Events(work))
    server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
    return await server.run(lambda size: os.read(0, size))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
