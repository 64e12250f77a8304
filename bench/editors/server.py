"""`codekiln serve` in a process of its own, as its users start it."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

import psutil

STOPPING = 60.0  # seconds
INDEXING = 300.0
FOLDER = "codekiln/folder"


class CodekilnServer:
    """A server of the starter on a free port, with or without a folder, until the context ends."""

    def __init__(self, work: Path, repo: Path | None = None) -> None:
        """Returns when requests are taken and the folder is indexed. What it complains of is in `work`."""
        work.mkdir(parents=True, exist_ok=True)
        self._complaints = work / "stderr.txt"
        program = [sys.executable, "-m", "codekiln", "serve", "--port=0", "--json"]
        program += [f"--work={work}", *([f"--repo={repo}"] if repo else [])]
        with self._complaints.open("w", encoding="utf-8") as complaints:
            self._process = subprocess.Popen(
                program, stdout=subprocess.PIPE, stderr=complaints, text=True
            )
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        if not told:
            self.close()
            raise RuntimeError(f"codekiln did not start: {self.complaints()}")
        self.url: str = json.loads(told)["address"]
        if repo:
            self._wait_for_index()

    def memory(self) -> int:
        """Bytes that are resident now."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def complaints(self) -> str:
        """What it wrote to stderr."""
        return self._complaints.read_text(encoding="utf-8")

    def close(self) -> None:
        """Stop it as a user does, and wait."""
        with self._process:
            self._process.terminate()
            try:
                self._process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise

    def _wait_for_index(self) -> None:
        body = {"prompt": "import ", "n_predict": 1, "response_fields": [FOLDER]}
        asked = urllib.request.Request(
            f"{self.url}/infill", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        until = time.monotonic() + INDEXING
        while time.monotonic() < until:
            with direct.open(asked) as response:
                if str(json.load(response).get(FOLDER, "")).startswith("indexed"):
                    return
            time.sleep(0.2)
        raise RuntimeError(f"The folder was not indexed in {INDEXING:g} s: {self.complaints()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
