"""The peer: llama.cpp's server from the wheel `xllamacpp`, in a process of its own.

Its prompt cache is on, and so may be one of its own speculations without a draft model.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

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
    """A server on a free port with one GGUF file and one slot, until the context ends."""

    def __init__(
        self,
        gguf: Path,
        *,
        context: int = 1024,
        threads: int = 2,
        speculation: Speculation | None = "ngram-simple",
    ) -> None:
        """`context` is in tokens. Returns when the model is loaded."""
        program = [sys.executable, "-m", "bench.generate.llama_cpp", str(gguf)]
        program += ["--context", str(context), "--threads", str(threads)]
        program += ["--speculation", speculation] if speculation else []
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
        self, prefix: str, suffix: str = "", *, n_predict: int = 32, stop: tuple[str, ...] = ()
    ) -> Answer:
        """The greedy middle, or with an empty suffix the continuation of a raw prompt."""
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def main() -> None:
    """Serve until the parent is gone; the address is the one line on stdout."""
    import xllamacpp

    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("--context", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--speculation")
    arguments = parser.parse_args()
    settings = xllamacpp.CommonParams()
    settings.model.path = arguments.gguf
    settings.n_ctx = arguments.context
    settings.n_parallel = 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = arguments.threads
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.ui = False
    settings.verbosity = 0
    if arguments.speculation:
        name = "COMMON_SPECULATIVE_TYPE_" + arguments.speculation.upper().replace("-", "_")
        settings.speculative.types = [getattr(xllamacpp.common_speculative_type, name)]
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    while sys.stdin.read(1):  # ends when the parent does
        time.sleep(0)


if __name__ == "__main__":
    main()
