"""A model's states before new lines, teacher-forced and kept: they do not depend on any index."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from bench.corpus.rows import cache
from bench.index.versions import Line, Pair, new_lines
from codekiln.generate.loading import model_folder
from codekiln.inputs import Header, header_ids
from codekiln.model.transformer import Transformer
from codekiln.model.weights import load_model
from codekiln.tokenizer import Tokenizer

WINDOW = 1024  # tokens that the model sees, at most
BLOCK = 512  # of these are predicted, so that all but a file's first have as many before them

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Passage:
    """Lines of one file that are to be predicted, `ids` being the whole file."""

    path: str
    ids: list[int]
    lines: tuple[Line, ...]

    @property
    def places(self) -> list[int]:
        """The places in `ids` that are predicted."""
        return [place for line in self.lines for place in range(line.start, line.stop)]


@dataclass(frozen=True)
class Reader:
    """A model with its tokenizer."""

    name: str
    folder: Path
    header: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", header_ids(self.tokenizer, Header(language="python")))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load(model_folder(self.folder))

    @cached_property
    def model(self) -> Transformer:
        return load_model(model_folder(self.folder), self.tokenizer.fingerprint)

    def passages(self, pair: Pair, blocks: int) -> list[Passage]:
        """New lines of a package: those in `blocks` blocks of its files, evenly spread."""
        files = {path: self.tokenizer.encode(text) for path, text in pair.later.items()}
        lines = {
            path: new_lines(pair, pair.later[path], ids, self.tokenizer)
            for path, ids in files.items()
        }
        every = sorted({(path, line.start // BLOCK) for path in files for line in lines[path]})
        step = max(1.0, len(every) / blocks)
        chosen = {every[int(step * number)] for number in range(min(blocks, len(every)))}
        found = []
        for path, ids in files.items():
            whole = tuple(
                line
                for line in lines[path]
                if {(path, line.start // BLOCK), (path, (line.stop - 1) // BLOCK)} <= chosen
            )
            if whole:
                found.append(Passage(path, ids, whole))
        return found

    def states(self, passage: Passage) -> Floats:
        """The last hidden states `[places, width]` from which `passage.places` are predicted."""
        places = np.array(passage.places)
        found = []
        for block in np.unique(places // BLOCK).tolist():
            stop = min(len(passage.ids), (block + 1) * BLOCK)
            window = [*self.header, *passage.ids[self._first(block) : stop - 1]]
            states = self._last(window, stop - block * BLOCK)
            found.append(states[places[places // BLOCK == block] % BLOCK])
        return np.concatenate(found)

    def prompted(self, passage: Passage, prompt: Callable[[str], list[int]]) -> Floats:
        """The same, with a prompt before the window: one for all places, chosen by the text before them.

        The passage must lie within one block.
        """
        first, start, stop = (
            self._first(passage.lines[0].start // BLOCK),
            passage.lines[0].start,
            passage.lines[-1].stop,
        )
        text = self.tokenizer.decode(passage.ids[first:start])
        window = [*self.header, *prompt(text), *passage.ids[first : stop - 1]]
        return self._last(window, stop - start)[np.array(passage.places) - start]

    def _first(self, block: int) -> int:
        """Where the window begins in which a block is predicted."""
        return max(0, (block + 1) * BLOCK - WINDOW + len(self.header))

    def _last(self, window: list[int], n: int) -> Floats:
        """The last `n` states of a window; computed once, and kept."""
        key = hashlib.sha256(np.array([len(window) - n, *window]).tobytes()).hexdigest()
        path = cache() / "index_mix" / self.name / f"{key[:24]}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, self.read(window)[-n:].astype(np.float16))
        return np.load(path).astype(np.float32)

    @torch.inference_mode()
    def read(self, ids: Sequence[int]) -> Floats:
        """The last hidden state `[n, width]` at each of `ids[n]`, with products in bf16."""
        with torch.autocast("cpu", torch.bfloat16):
            return self.model(torch.tensor([ids]))[0].float().numpy()

    @torch.inference_mode()
    def log_probabilities(self, states: Floats) -> Floats:
        """`[n, vocab]`, in fp32."""
        return torch.log_softmax(self.model.logits(torch.from_numpy(states)), -1).numpy()
