"""Answers of a model to a prompt of ids, one or many."""

from dataclasses import dataclass
from functools import cached_property

from codekiln.generate import Engine
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.best_of import samples
from codekiln.generate.strategies import Sampling, strategy_of
from codekiln.tokenizer import Tokenizer

ROWS = 8  # answers that are written side by side


@dataclass(frozen=True)
class Settings:
    """How answers are drawn: `count` of them, the i-th with the seed `seed + i`."""

    count: int = 1
    temperature: float = 0.0
    max_tokens: int = 300
    seed: int = 0


@dataclass(frozen=True)
class Writer:
    """Draws answers to a prompt of ids from an engine."""

    engine: Engine
    tokenizer: Tokenizer
    settings: Settings

    def __call__(self, prompt: list[int], stop: tuple[str, ...], heals: bool = False) -> list[str]:
        """The answers in order; with `heals` the white space at the prompt's end is written anew."""
        settings = self.settings
        prompt, healing = self._healer.heal(prompt) if heals else (prompt, None)
        written: list[str] = []
        for first in range(0, settings.count, ROWS):
            found = samples(
                self._slot,
                self.tokenizer,
                prompt,
                strategy=strategy_of(Sampling(settings.temperature)),
                n=min(ROWS, settings.count - first),
                max_tokens=settings.max_tokens,
                stop=stop,
                seed=settings.seed + first,
                constraint=healing,
            )
            written += [answer.text for answer in found]
        return written

    @property
    def room(self) -> int:
        """Ids that a prompt may have."""
        context = self.engine.context
        return max(context - self.settings.max_tokens, context // 2)

    @cached_property
    def _slot(self) -> Slot:
        return Slot(self.engine)

    @cached_property
    def _healer(self) -> Healer:
        return Healer(self.tokenizer)
