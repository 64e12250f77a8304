"""What the starter is worth: bits per byte on repositories it never saw, and lines of HumanEval filled in.

Of each held-out repository of `recipes/starter.toml` some files are read whole. Beside the starter stand
what it was before its weights took a byte each, a pretrained model four times its size
(SmolLM2-135M-Instruct at 4 bits, which was trained on 2 trillion tokens of text and code, and for chats),
and xz. Filling in: the single-line tasks of HumanEval (Bavarian et al. 2022), greedy, equal to the author's
line but for spaces around it; HumanEval is kept out of the corpus. The command needs the corpus and the
model in the cache.
"""

import gzip
import json
import lzma
from collections import defaultdict
from pathlib import Path
from random import Random

from bench.corpus.rows import cache
from codekiln.artifact import Artifact, open_artifact
from codekiln.corpus import Document, documents
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import STARTER, load_completer, load_engine, model_folder
from codekiln.inputs import Header, header_ids
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

FILES, LARGEST = 6, 12_000  # of each repository, and bytes of each
TASKS = 200
INFILLING = Path(__file__).parents[2] / "shared" / "data" / "HumanEval-SingleLineInfilling.jsonl.gz"
PEER = "smollm2-135m-instruct-q4_1"

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """Two tables."""
    corpus = _made("corpus")
    files = _files(corpus)
    total = sum(len(file.content.encode()) for file in files)
    title = f"{len(files)} files, {total / 1000:.0f} kB, of {len({f.source for f in files})} repositories"
    return {
        title: _compression(files, total),
        "single lines of HumanEval filled in": [_infilling()],
    }


def _compression(files: list[Document], total: int) -> list[Row]:
    base = open_artifact(model_folder(Path(STARTER)), "model").manifest["inputs"]["model"]
    models = [("starter", Path(STARTER)), ("before int8", _made("model", base).path)]
    models.append((PEER, pull(PEER, cache()).path))
    rows = []
    for name, path in models:
        artifact = open_artifact(model_folder(path), "model")
        bits = _bits(path, files)
        rows.append(
            {
                "predictor": name,
                "parameters": f"{artifact.statistics['parameters'] / 1e6:.1f}M",
                "on disk": f"{_weights(artifact) / 1e6:.0f} MB",
                "bits per byte": f"{bits / total:.3f}",
            }
        )
    text = "".join(file.content for file in files).encode()
    rows.append({"predictor": "xz -9", "bits per byte": f"{8 * len(_xz(text)) / total:.3f}"})
    return rows


def _bits(model: Path, files: list[Document]) -> float:
    """Of all files; a model of ours is told the language, another nothing but that a text begins."""
    tokenizer, engine = Tokenizer.load(model_folder(model)), load_engine(model)
    found = 0.0
    for file in files:
        header = header_ids(tokenizer, Header(language=file.language))
        found += float(token_bits(engine, header, tokenizer.encode(file.content)).sum())
    return found


def _infilling() -> Row:
    with gzip.open(INFILLING) as lines:
        tasks = [json.loads(line) for line in lines]
    chosen = Random(0).sample(tasks, TASKS)
    completer = load_completer(Path(STARTER))
    right = 0
    for task in chosen:
        request = CompletionRequest(
            task["prompt"], suffix=task["suffix"], max_tokens=64, stop=("\n",)
        )
        right += collect(completer, request).text.strip() == task["canonical_solution"].strip()
    return {"model": "starter", "tasks": str(TASKS), "exact": f"{right / TASKS:.1%}"}


def _files(corpus: Artifact) -> list[Document]:
    by_source = defaultdict(list)
    for document in documents(corpus, "held_out"):
        if len(document.content.encode()) <= LARGEST:
            by_source[document.source].append(document)
    random = Random(0)
    return [
        file for some in by_source.values() for file in random.sample(some, min(FILES, len(some)))
    ]


def _made(stage: str, fingerprint: str = "") -> Artifact:
    """What `recipes/starter.toml` made, in the cache."""
    found = (cache() / stage).glob(f"starter-{fingerprint[:8] or '????????'}")
    return open_artifact(next(found), stage)


def _weights(artifact: Artifact) -> int:
    entries = artifact.manifest["files"]
    return max(int(entry["bytes"]) for entry in entries.values())


def _xz(text: bytes) -> bytes:
    return lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
