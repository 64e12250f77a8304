"""One step of learning: gradients of a batch in parts that fit memory, then the optimiser's update."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from codekiln.errors import TrainingError
from codekiln.model.blockwise import hide_from_compiler
from codekiln.model.transformer import Transformer
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.objective import Batch, Objective
from codekiln.training.optimizer import MuonWithAdamW, Optimizer, clip_gradients
from codekiln.training.parallel import keeping_to_itself, spread
from codekiln.training.world import here

# Weights are cast once for each part: it is to be large, but what the layers keep of it is to fit memory.
MICRO_NUMBERS = 2**25  # of the stream, tokens times width times layers
MICRO_TOKENS_ON_GPU = 32_768

OptimizerOf = Callable[[Transformer, float, float], Optimizer]  # of a model, a rate, a decay


class Learner:
    """A model, what it is to minimise, and its optimiser."""

    def __init__(
        self,
        config: ModelStageConfig,
        model: Transformer,
        objective: Objective,
        optimizer: OptimizerOf | None = None,
    ) -> None:
        self.config, self.model, self.objective = config, model, objective
        self.world, self.device = here(), next(model.parameters()).device
        model.recompute = config.recompute
        if config.compile == "on" or (config.compile == "auto" and self.device.type == "cuda"):
            self.compile()
        self._spread = spread(model, config.parallel)
        made = optimizer or MuonWithAdamW
        self.optimizer = made(model, config.matrix_rate(), config.weight_decay)
        self._precision: Precision = "fp32"  # of the gradients there are

    def compile(self) -> None:
        """Have torch compile the layers, one like the other, when they are first used."""
        hide_from_compiler()
        self.model.masks_in_blocks = self.device.type == "cuda"
        for block in self.model.model.layers:
            block.compile(dynamic=False)

    def gradients(self, rows: Tensor, first: int, precision: Precision) -> tuple[float, float]:
        """Of the mean loss on `rows [B, T + 1]`, clipped; gives that loss in nats, and the norm before.

        Every process is given all rows, so as to know the counts of the whole, and learns from its share.

        Raises:
            TrainingError: the device's memory does not suffice, or the rows cannot be shared evenly.
        """
        self._precision = precision
        batch = self.objective.prepare(rows, first)
        share = batch.rows(self.world.share(len(batch)))
        micro = self.micro_tokens()
        total = torch.zeros((), device=self.device)
        with self._telling_what_to_lower(batch, micro):
            *parts, last = share.parts(max(1, micro // (rows.shape[1] - 1)))
            with keeping_to_itself(self._spread):
                for part in parts:
                    total += self._backward(part, precision)
            total += self._backward(last, precision)
            norm = clip_gradients(self.model, self.config.clip)
        return float(self.world.sum(total)), norm

    def update(self, scale: float) -> None:
        """Take the step of the gradients at `scale` times the full learning rates."""
        self.optimizer.step(scale, self._precision)

    def discard(self) -> None:
        """Forget the gradients."""
        self.model.zero_grad(set_to_none=True)

    @torch.no_grad()
    def mean_loss(self, rows: Tensor, precision: Precision) -> float:
        """In nats, on rows that are not trained on; every process looks at all of them, as shards require.

        Not compiled: other shapes would compile anew.
        """
        batch = self.objective.prepare(rows, 0)
        size = max(1, self.micro_tokens() // (rows.shape[1] - 1))
        with torch.compiler.set_stance("force_eager"):
            return sum(float(self._loss(part, precision)) for part in batch.parts(size))

    def learned(self) -> int | None:
        """How many weights are learned, if not all of them are."""
        parameters = list(self.model.parameters())
        some = sum(one.numel() for one in parameters if one.requires_grad)
        return some if some < sum(one.numel() for one in parameters) else None

    def micro_tokens(self) -> int:
        """Tokens that go through the model at once."""
        on_gpu, config = self.device.type == "cuda", self.model.config
        most = MICRO_TOKENS_ON_GPU if on_gpu else MICRO_NUMBERS // (config.width * config.layers)
        return self.config.micro_tokens or max(1, most)

    def _backward(self, part: Batch, precision: Precision) -> Tensor:
        """Add a part's gradients to those before; its share of the mean loss."""
        with self._autocast(precision):
            loss: Tensor = self._spread(self.objective, part.to(self.device))
        # Processes take the mean of their gradients, but the losses were divided by counts of the whole.
        (loss * self.world.size).backward()
        return loss.detach()

    def _loss(self, part: Batch, precision: Precision) -> Tensor:
        with self._autocast(precision):
            return self.objective.loss(self.model, part.to(self.device))

    def _autocast(self, precision: Precision) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=precision == "bf16")

    @contextmanager
    def _telling_what_to_lower(self, batch: Batch, micro: int) -> Iterator[None]:
        try:
            yield
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error):
                raise
            self.discard()
            raise TrainingError(batch.too_much(micro, self.device, self.config.table)) from None
