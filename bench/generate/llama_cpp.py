"""The peer: llama.cpp's server from the wheel `xllamacpp`, in a process of its own.

Its prompt cache is on, and so may be one of its own speculations without a draft model. Those look up
the last tokens in what was read: by default 12 of them (24 for ngram-mod), so that lines of code are
hardly ever drafted; the peer at its best gets a shorter `lookup`.
"""

import argparse
import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

Speculation = Literal["ngram-simple", "ngram-map-k", "ngram-map-k4v", "ngram-mod", "ngram-cache"]
PATIENCE = 120.0  # seconds for one answer


@dataclass(frozen=True)
class Answer:
    """Text, and what the server says of its own time."""

    text: str
    cached_tokens: int
    prompt_tokens: int
    prompt_ms: float
    generated_tokens: int
    generate_ms: float
    drafted_tokens: int
    accepted_tokens: int


class LlamaServer:
    """A server on a free port with one GGUF file, until the context ends."""

    def __init__(
        self,
        gguf: Path,
        *,
        context: int = 1024,
        slots: int = 1,
        threads: int = 2,
        speculation: Speculation | None = "ngram-simple",
        lookup: int | None = None,
        draft: int | None = None,
    ) -> None:
        """Returns when the model is loaded.

        `context` (of each slot), `lookup` and `draft` (the longest) are in tokens; None leaves llama.cpp's
        default. So many `slots` answer at once.
        ngram-cache has neither.
        """
        program = [sys.executable, "-m", "bench.generate.llama_cpp", str(gguf)]
        given = {
            "context": context,
            "slots": slots,
            "threads": threads,
            "speculation": speculation,
            "lookup": lookup,
            "draft": draft,
        }
        program += [f"--{name}={value}" for name, value in given.items() if value is not None]
        self._process = subprocess.Popen(
            program,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.close()
            raise RuntimeError(f"llama.cpp's server did not start with {gguf}: run {program}")

    def complete(
        self,
        prefix: str | list[int],
        suffix: str = "",
        *,
        n_predict: int = 32,
        stop: tuple[str, ...] = (),
    ) -> Answer:
        """The greedy middle, or with an empty suffix the continuation of a raw prompt, text or ids."""
        text = {"input_prefix": prefix, "input_suffix": suffix} if suffix else {"prompt": prefix}
        body = {"n_predict": n_predict, "stop": stop, "temperature": 0, "cache_prompt": True}
        said = self._post("/infill" if suffix else "/completion", body | text)
        timings = said["timings"]
        return Answer(
            text=said["content"],
            cached_tokens=timings["cache_n"],
            prompt_tokens=timings["prompt_n"],
            prompt_ms=timings["prompt_ms"],
            generated_tokens=timings["predicted_n"],
            generate_ms=timings["predicted_ms"],
            drafted_tokens=timings.get("draft_n", 0),
            accepted_tokens=timings.get("draft_n_accepted", 0),
        )

    def memory(self) -> dict[str, int]:
        """Bytes of the server's process now (`VmRSS`) and at most (`VmHWM`), as Linux counts them."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return {name: 1024 * int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM")}

    def close(self) -> None:
        """End the server and wait for it."""
        with self._process:
            self._process.kill()

    def _post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=PATIENCE) as response:
            return json.load(response)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> None:
    """Serve until the parent is gone; the address is the one line on stdout."""
    import xllamacpp

    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("--context", type=int)
    parser.add_argument("--slots", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--speculation")
    parser.add_argument("--lookup", type=int)
    parser.add_argument("--draft", type=int)
    arguments = parser.parse_args()
    settings = xllamacpp.CommonParams()
    settings.model.path = arguments.gguf
    settings.n_ctx = arguments.context * arguments.slots
    settings.n_parallel = arguments.slots
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = arguments.threads
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.ui = False
    settings.verbosity = 0
    if arguments.speculation:
        _speculate(settings.speculative, arguments)
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    sys.stdin.read()  # ends when the parent does


def _speculate(settings: Any, arguments: argparse.Namespace) -> None:
    import xllamacpp

    kind = arguments.speculation.replace("-", "_")
    name = f"COMMON_SPECULATIVE_TYPE_{kind.upper()}"
    settings.types = [getattr(xllamacpp.common_speculative_type, name)]
    sizes = getattr(settings, kind)
    look, longest = ("n_match", "n_max") if kind == "ngram_mod" else ("size_n", "size_m")
    if arguments.lookup:
        setattr(sizes, look, arguments.lookup)
    if arguments.draft:
        setattr(sizes, longest, arguments.draft)
        if kind == "ngram_mod":
            sizes.n_min = min(sizes.n_min, arguments.draft)


if __name__ == "__main__":
    main()
