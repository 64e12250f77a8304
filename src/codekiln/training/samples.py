"""What a model writes while it learns: always behind the same beginning of a held-out row."""

from contextlib import closing
from pathlib import Path

import torch

from codekiln.generate import Sampling, generate, strategy_of
from codekiln.generate.torch_engine import TorchEngine
from codekiln.inputs import RowStore
from codekiln.model.transformer import Transformer
from codekiln.telemetry import Metrics
from codekiln.tokenizer import Tokenizer
from codekiln.training.parallel import whole

FILE_NAME = "samples.jsonl"
PROMPT, LENGTH = 64, 32  # tokens read, and tokens written at most


class SampleWriter:
    """Adds a line to `samples.jsonl` whenever it is called: step, prompt, what the model wrote."""

    def __init__(
        self, model: Transformer, tokenizer: Tokenizer, held_out: RowStore, out: Path
    ) -> None:
        self._model, self._tokenizer, self._path = model, tokenizer, out / FILE_NAME
        self._prompt = [int(token) for token in held_out[0][0, :PROMPT]]

    def __call__(self, step: int) -> None:
        """Greedily, after `step` steps. Lines of later steps, which a killed run left, are dropped.

        All processes must call this; the first one writes.
        """
        model = whole(self._model)
        if model is None:
            return
        prompt, text = self._tokenizer.decode(self._prompt), self._text(model)
        row = {"step": step, "prompt": prompt, "text": text}
        with closing(Metrics(self._path, keep=lambda earlier: earlier["step"] < step)) as lines:
            lines.write(row)

    def _text(self, model: Transformer) -> str:
        strategy = strategy_of(Sampling(temperature=0))
        engine = TorchEngine(model)
        with torch.compiler.set_stance("force_eager"):  # one token a step would compile anew
            steps = generate(
                engine, self._tokenizer, self._prompt, strategy=strategy, max_tokens=LENGTH
            )
            return "".join(step.text for step in steps)
