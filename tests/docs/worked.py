"""The examples of `docs/how-it-works.md`, computed by the functions that the page links to."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

from codekiln.corpus.duplicates.bands import BANDS, ROWS, band_keys
from codekiln.corpus.duplicates.grams import constants
from codekiln.corpus.duplicates.signature import signatures
from codekiln.evaluate.bits_per_byte import log_likelihood, token_bits
from codekiln.evaluate.bootstrap import paired
from codekiln.evaluate.pass_at_k import pass_at_k
from codekiln.evaluate.replay.typist import Answer, Said, keys
from codekiln.evaluate.retrieval import reciprocal_ranks
from codekiln.generate.offers import is_worth_showing
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.beam import beam_search
from codekiln.generate.speculation import Draft, Speculation
from codekiln.generate.strategies import Greedy, MinP, Temperature, TopK, TopP, softmax
from codekiln.index.index import Index
from codekiln.index.match import NO_MATCH, Match
from codekiln.index.mix import EVIDENCE, EXPERTS, Mixture, voice
from codekiln.index.suffix_array import suffix_array
from codekiln.inputs.masking import MASKED, SHARE
from codekiln.model.attention import attend
from codekiln.model.bidirectional import Bidirectional
from codekiln.model.config import ModelConfig
from codekiln.model.lora.layers import LoraLinear
from codekiln.model.lora.shape import LoraShape
from codekiln.model.rotary import frequencies, rotary_table, rotate
from codekiln.model.transformer import Attention, Block, FeedForward, RMSNorm, Transformer
from codekiln.tokenizer import train_bpe
from codekiln.tokenizer.sample import shares
from codekiln.tokenizer.special import SPECIAL_TOKENS
from codekiln.training.config import ModelStageConfig
from codekiln.training.contrastive import Contrastive
from codekiln.training.cross_entropy import IGNORED, cross_entropy
from codekiln.training.masked import Masked
from codekiln.training.muon import A, B, C, orthogonal
from codekiln.training.next_segment import NextSegment
from codekiln.training.objective import Batch
from codekiln.training.optimizer import OnlyAdamW, clip_gradients
from codekiln.training.schedule import warmup_stable_decay
from codekiln.training.supervised import Supervised
from fakes import FakeEngine, tiny_tokenizer

Numbers = Sequence[str]
WORKED: dict[str, Callable[[], Numbers]] = {}
"""Of each formula, by its first line: what stands in the text that works it."""


def works(formula: str) -> Callable[[Callable[[], Numbers]], Callable[[], Numbers]]:
    def noted(example: Callable[[], Numbers]) -> Callable[[], Numbers]:
        assert formula not in WORKED
        WORKED[formula] = example
        return example

    return noted


def shown(value: float, digits: int = 3) -> str:
    """A number as the page writes it."""
    return f"{value:.{digits}f}".replace("-", "−")


def row(values: Sequence[float], digits: int = 3) -> str:
    return f"({', '.join(shown(value, digits) for value in values)})"


def tiny(**options: int) -> ModelConfig:
    sizes = {"vocabulary": 3, "width": 2, "heads": 1, "hidden": 1, "head_width": 2} | options
    return ModelConfig(context=200, layers=1, key_value_heads=1, **sizes)


def set_to(layer: nn.Linear, *rows: Sequence[float]) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(rows))


def probable(*rows: Sequence[float]) -> torch.Tensor:
    """A stream `[1, T, V]` that an identity as the output layer gives these probabilities."""
    return torch.log(torch.tensor([rows]))


class Says:
    """A model whose stream is known, with the identity as its output layer."""

    def __init__(self, stream: torch.Tensor) -> None:
        self.stream, self.output_weight = stream, torch.eye(stream.shape[-1])

    def __call__(self, *_: object) -> torch.Tensor:
        return self.stream


# 1. Corpus, and 2. tokenizer


@works("J(A, B) = |A ∩ B| / |A ∪ B|")
def jaccard():
    tokens = constants("any tokens", 24)
    both = signatures([tokens[:21], np.concatenate([tokens[:18], tokens[21:]])])
    assert abs((both[0] == both[1]).mean() - 14 / 20) < 0.1
    return ["14/20", shown(14 / 20, 1)]


@works("P = 1 − (1 − J⁶)⁴²")
def bands():
    assert (ROWS, BANDS) == (6, 42)
    keys_of = band_keys(signatures([constants("any tokens", 24)] * 2))
    assert keys_of.shape == (BANDS, 2)
    return [shown(1 - (1 - J**ROWS) ** BANDS) for J in (0.7, 0.5, 0.3)]


@works("(a, b) = argmax over pairs of count(a b)")
def merges():
    words = ["self"] * 3 + ["set"] * 2 + ["shelf"]
    first = len(SPECIAL_TOKENS) + 256
    tokenizer = train_bpe(iter(words), first + 3)
    learned = [tokenizer.bytes_of(first + n).decode() for n in range(3)]
    tokens = sum(len(tokenizer.encode(word)) for word in words)
    size = sum(map(len, words))
    return [*(f"`{piece}`" for piece in learned), str(size), str(tokens), shown(size / tokens, 1)]


@works("share_i ∝ √bytes_i")
def sampled():
    found = shares({"c": 1000, "go": 250, "lua": 10}, 310, power=0.5)
    return [f"{share:.0f}" for share in found.values()]


# 4. Model


@works("p(x_1 … x_T) = Π_t p(x_t | x_1 … x_{t-1})")
def likelihood():
    total = float(log_likelihood(np.log([[0.75, 0.25], [0.75, 0.25]]), [0, 1]).sum())
    return ["3/16", shown(total), shown(total / math.log(2))]


@works("bits per byte = − (1/n) Σ_t log₂ p(x_t | x_1 … x_{t-1})")
def bits():
    engine = FakeEngine(lambda *_: np.log(np.array([0.75, 0.25], np.float32)), 2)
    total = float(token_bits(engine, [0], [0, 1]).sum())
    return [shown(total), shown(total / 4), shown(2 ** (total / 2))]


@works("x ← x + Attention(RMSNorm(x))")
def new_layer():
    config = tiny()
    (layer,) = Transformer(config).model.layers
    assert isinstance(layer, Block)
    x = torch.tensor([[[3.0, 4.0]]])
    out = layer(x, rotary_table(0, 1, config, x.device), None, None)
    return [row(out.flatten().tolist(), 0)]


@works("RMSNorm(x) = x / √(mean(x²) + ε) · w")
def norm():
    x = torch.tensor([3.0, 4.0])
    square = float((x**2).mean())
    return [shown(square, 1), shown(square**0.5), row(RMSNorm(2, 1e-6)(x).tolist())]


@works("Attention = softmax(Q Kᵀ / √D) V")
def attention():
    query, keys_of, values = ([[[[1.0]]]], [[[[0.0], [math.log(3)]]]], [[[[8.0], [4.0]]]])
    seen = attend(torch.tensor(query), torch.tensor(keys_of), torch.tensor(values), None)
    return ["8", "4", shown(seen.item(), 0)]


@works("q = rotate(RMSNorm(W_Q x))        k = rotate(RMSNorm(W_K x))        v = W_V x")
def normalised_query():
    part = Attention(tiny(), 0)
    set_to(part.q_proj, (1, 0), (0, 1))
    long, short = part.q_norm(part.q_proj(torch.tensor([[30.0, 40.0], [3.0, 4.0]])))
    assert row(long.tolist()) == row(short.tolist())
    return [row(short.tolist())]


@works("θ_i = base^(−2i/D)")
def rotary():
    config = tiny(head_width=4)
    x = torch.zeros(1, 106, 1, 4)
    x[..., 0] = 1
    turned = rotate(x, rotary_table(0, 106, config, x.device))[0, :, 0]
    near, far = float(turned[5] @ turned[3]), float(turned[105] @ turned[103])
    assert math.isclose(near, far, abs_tol=1e-5)
    assert math.isclose(near, math.cos(2), abs_tol=1e-5)
    speeds = [f"{speed:g}" for speed in frequencies(config, x.device).tolist()]
    return [*speeds, row(turned[1, [0, 2]].tolist()), shown(near)]


@works("FFN(x) = W_D (silu(W_G x) ⊙ W_U x)        silu(z) = z / (1 + e^(−z))")
def swiglu():
    part = FeedForward(tiny(width=1))
    set_to(part.gate_proj, (1.0,))
    set_to(part.up_proj, (2.0,))
    set_to(part.down_proj, (1.0,))
    open_, shut = part(torch.tensor([[1.0], [-5.0]])).flatten().tolist()
    # What x is in the page's second example, W_U x is here −10.
    return [shown(open_ / 2), shown(open_), shown(shut / -10)]


@works("z = E h        p_w = e^(z_w) / Σ_v e^(z_v)")
def logits():
    model = Transformer(tiny())
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    z = model.logits(torch.tensor([1.0, 2.0])).detach()
    return [row(z.tolist(), 0), row(softmax(z.numpy()).tolist())]


# 5. Training


@works("L = − Σ_t log p(y_t | x, y_<t)")
def completion_cost():
    stream = probable(*[(0.5, 0.5, 0, 0)] * 4, (0.25, 0.25, 0.25, 0.25)).clamp(min=-100)[0]
    labels = torch.tensor([IGNORED] * 3 + [0, 0])
    loss = float(cross_entropy(stream, torch.eye(4), labels))
    nothing = float(cross_entropy(torch.zeros(1, 2), torch.ones(4096, 2), torch.tensor([7])))
    return [shown(loss), shown(loss / 2), shown(nothing)]


@works("∂L/∂z = softmax(z) − onehot(y)")
def slope():
    z = torch.log(torch.tensor([[0.5, 0.3, 0.2]])).requires_grad_()
    cross_entropy(z, torch.eye(3), torch.tensor([0])).backward()
    return [row(z.grad.flatten().tolist(), 1)]


@works("g ← g · min(1, c / ‖g‖)")
def clipped():
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.grad = torch.tensor([[3.0, 4.0]])
    assert clip_gradients(layer, 1.0) == 5
    return ["5", row(layer.weight.grad.flatten().tolist(), 1)]


@works("M ← μ M + (1 − μ) G        N = μ M + (1 − μ) G        X ← N / ‖N‖")
def muon():
    raised = [shown(A * s + B * s**3 + C * s**5) for s in (0.5, 0.1)]
    matrix = torch.diag(torch.tensor([3.0, 0.3]))
    length = float(matrix.norm())
    (found,) = orthogonal([matrix])
    begun = f"({shown(3 / length)}, {shown(0.3 / length, 4)})"
    assert (A, B, C) == (3.4445, -4.7750, 2.0315)
    return [*raised, shown(length), begun, row(found.diagonal().tolist())]


@works("m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²")
def adamw():
    layer = nn.Linear(1, 1, bias=False)
    set_to(layer, (1.0,))
    optimizer = OnlyAdamW(layer, learning_rate=0.01, weight_decay=0.0)
    places = [1.0]
    for gradient in (0.003, -0.003):
        layer.weight.grad = torch.tensor([[gradient]])
        optimizer.step(1.0, "fp32")
        places.append(layer.weight.item())
    back = (places[2] - places[1]) / 0.01
    return [shown(places[1], 2), shown(places[2], 4), shown(back)]


@works("η_t = η · min(1, (t + 1) / w, (T − t) / d)")
def schedule():
    shares_of = [warmup_stable_decay(step, 10, warmup=0.2, decay=0.4) for step in range(10)]
    return [", ".join(f"{share:g}" for share in shares_of)]


@works("η = 0.02 · (B / 2048)^(1/4)        B = 2048 · 2^round(1.5 log₂(depth / 4))")
def heights():
    small, large = ModelStageConfig(depth=4), ModelStageConfig(depth=16)
    assert small.matrix_rate() == 0.02
    return [f"{small.step_tokens():,}", f"{large.step_tokens():,}", shown(large.matrix_rate(), 4)]


@works("L = − (1/|G|) Σ_{t ∈ G} log p(x_t | x without G)")
def masked():
    batch = Batch({"labels": torch.tensor([[3, IGNORED]])}, {"guesses": 1})
    stream = torch.zeros(1, 2, 8)
    loss = Masked(tiny_tokenizer(), 0).score(Says(stream), stream, batch)
    return [f"{100 * SHARE:.0f}", f"{100 * SHARE * MASKED:.0f}", shown(float(loss))]


@works("L = − log σ(z) if B follows, − log σ(−z) if not        σ(z) = 1 / (1 + e^(−z))")
def next_segment():
    class Knows(Bidirectional):
        def __init__(self) -> None:
            super().__init__(tiny(vocabulary=len(SPECIAL_TOKENS), causal=False))

        def forward(self, *_: object) -> None:
            return None

        def follows(self, *_: object) -> torch.Tensor:
            return odds

    costs = []
    objective = NextSegment(SimpleNamespace(score=lambda *_: 0.0, padding=0))
    for z, follows in ((0.0, 1), (2.0, 1), (2.0, 0)):
        odds = torch.tensor([z])
        batch = Batch({"ids": torch.zeros(1, 1), "next": torch.tensor([follows])}, {"pairs": 1})
        costs.append(shown(float(objective.loss(Knows(), batch))))
    return costs


@works("L = − log (e^(s_ii/τ) / Σ_j e^(s_ij/τ))")
def info_nce():
    class Known(Contrastive):
        def _embedded(self, _: object, ids: torch.Tensor) -> torch.Tensor:
            return ids

    texts = torch.eye(4, 8)
    functions = 0.1 * texts + 0.99**0.5 * torch.eye(4, 8).roll(4, dims=1)
    tensors = {"texts": texts, "functions": functions, "names": torch.arange(4)}
    loss = float(Known(0).loss(None, Batch(tensors, {"pairs": 4})))
    return ["0.1", shown(math.exp(-loss)), shown(loss)]


@works("L = − (1/n) Σ log p(y | c) = − (1/n) Σ_t log p(y_t | c, y_<t)")
def supervised():
    half, quarter = (0.5, 0.2, 0.2, 0.1), (0.25, 0.25, 0.25, 0.25)
    stream = probable(half, quarter, half, half)
    zeros = torch.zeros(1, 4, dtype=torch.long)
    batch = Batch({"ids": zeros, "labels": zeros}, {"tokens": 4})
    return [shown(float(Supervised().loss(Says(stream), batch)))]


@works("W' = W + (α/r) · B A")
def lora():
    base = nn.Linear(2, 2, bias=False)
    set_to(base, (1, 0), (0, 1))
    layer = LoraLinear(base, LoraShape(rank=1, alpha=2))
    set_to(layer.lora_A, (1, 2))
    set_to(layer.lora_B, (1,), (0,))
    found = layer(torch.eye(2)).T.tolist()
    wide = LoraLinear(nn.Linear(576, 576, bias=False), LoraShape(rank=16))
    few = wide.lora_A.weight.numel() + wide.lora_B.weight.numel()
    assert wide.base_layer.weight.numel() == 18 * few
    matrix = f"({row(found[0], 0)}, {row(found[1], 0)})"
    return [f"{wide.base_layer.weight.numel():,}", f"{few:,}", matrix]


# 6. Generation, and the index


def told(table: dict[str, dict[str, float]]) -> FakeEngine:
    """An engine that gives, behind each text, these probabilities; "" is the end."""
    tokenizer = tiny_tokenizer()

    def after(ids: Sequence[int], prompt: int) -> np.ndarray:
        out = np.full(tokenizer.vocabulary_size, -np.inf, np.float32)
        for text, p in table.get(tokenizer.decode(ids[prompt:]), {"": 1.0}).items():
            out[tokenizer.encode(text)[0] if text else tokenizer.end] = math.log(p)
        return out

    return FakeEngine(after, tokenizer.vocabulary_size)


def best(table: dict[str, dict[str, float]], **options: float) -> tuple[str, float]:
    (found,) = beam_search(Slot(told(table)), tiny_tokenizer(), [1], **options)
    return found.text, math.exp(found.logprob)


BEGINNINGS = {"": {"a": 0.6, "b": 0.4}, "a": {"c": 0.5, "d": 0.5}, "b": {"c": 0.9, "d": 0.1}}


@works("y* = argmax over y of Π_t p(y_t | x, y_<t)")
def likeliest():
    text, p = best(BEGINNINGS, width=2, max_tokens=2)
    assert text == "bc"
    return [shown(p, 2)]


@works("y_t = argmax over w of p(w | x, y_<t)")
def greedy():
    place = Greedy().choose(np.log(np.array([0.6, 0.4], np.float32)), np.random.default_rng(0))
    text, p = best(BEGINNINGS, width=1, max_tokens=2)
    assert text[0] == "ab"[place]
    return [shown(p, 2)]


def left(process: Callable[..., np.ndarray], *probabilities: float) -> list[float]:
    """What a processor leaves of a distribution, without what it removes."""
    found = softmax(process(np.log(np.array(probabilities, np.float32)), np.zeros(0, np.int64)))
    return [p for p in found.tolist() if p]


@works("p_w ← e^(z_w/T) / Σ_v e^(z_v/T) ∝ p_w^(1/T)")
def tempered():
    return [row(left(Temperature(0.5), 0.6, 0.3, 0.1))]


@works(
    "K = the k largest p_w        P ≤ Σ_{w ∈ K} p_w, K smallest        K = all w with p_w ≥ m · max p"
)
def tails():
    p = (0.5, 0.3, 0.15, 0.05)
    assert left(TopP(0.9), *p) == left(MinP(0.2), *p)
    return [row(left(TopK(2), *p)), row(left(TopP(0.9), *p))]


@works("score(y) = log p(y | x) / |y|^α")
def scores():
    table = {"": {"a": 0.6, "b": 0.4}, "a": {"": 0.6, "d": 0.4}, "b": {"c": 0.75, "d": 0.25}}
    (long, p), (short, q) = (best(table, width=4, max_tokens=3, alpha=a) for a in (1.0, 0.0))
    assert (long, short) == ("bc", "a")
    return [shown(math.log(q) / 2), shown(math.log(p) / 3)]


@works(
    "n = the largest with x_{t-n+1} … x_t in the text        "
    "share(w) = count(x_{t-n+1} … x_t w) / Σ_v count(x_{t-n+1} … x_t v)"
)
def suffixes():
    tokenizer = tiny_tokenizer()
    a, b, c, x = (tokenizer.encode(letter)[0] for letter in "abcx")
    found = Index.of(tokenizer, [[a, b, a, b, c, a, b]]).match([x, a, b])
    assert found.length == 2
    assert dict(zip(found.followers.tolist(), found.counts.tolist(), strict=True)) == {a: 1, c: 1}
    order = suffix_array(np.array([1, 2, 1, 2, 3, 1, 2, 0]))
    return [f"| {rank} | {place} |" for rank, place in enumerate(order)]


@works("q_w ∝ √(share(w) · p_model(w))")
def mixed():
    match = Match(2, 4, np.array([0, 1]), np.array([3, 1]))
    model = np.log(np.array([0.2, 0.1, 0.5, 0.2], np.float32))
    said = voice(match, model, 0.0, float(model.max()))
    weights = ((math.log(1.5),) + (0.0,) * (len(EVIDENCE) - 1), (0.0,) * len(EVIDENCE))
    mixture = Mixture(weights)
    assert len(EXPERTS) == len(weights)
    p = np.exp(mixture(model, [match, NO_MATCH]))
    roots = [math.sqrt(0.75 * 0.2), math.sqrt(0.25 * 0.1)]
    return [
        *map(shown, roots),
        row(said.probabilities.tolist(), 2),
        row(mixture.shares([said, None])[:2], 1),
        *(shown(value, 2) for value in p[:3]),
    ]


@works("speed(n) = (1 + r + r² + … + rⁿ) / c(1 + n)")
def drafts():
    def speed(r: float, n: int) -> float:
        return sum(r**k for k in range(n + 1)) / speculation.costs.of(1 + n)

    speculation = Speculation()
    for tokens in range(1, 10):
        speculation.costs.note(tokens, 4 + (tokens - 1) / 2)
    often, seldom = Draft(tuple(range(8)), ("often", 1)), Draft(tuple(range(8)), ("seldom", 1))
    speculation.rates.note(often.kind, 2, missed=False)  # 4 of 5; it begins with 2 of 3
    for _ in range(17):
        speculation.rates.note(seldom.kind, 0, missed=True)  # 2 of 20
    assert (speculation._length(often, 1), speculation._length(seldom, 1)) == (5, 0)
    speeds = [shown(speed(0.8, n), 2) for n in (0, 5, 8)]
    return [*speeds, shown(speed(0.1, 1))]


# 7. Measuring


@works("pass@k = 1 − C(n − c, k) / C(n, k)")
def passed():
    return [shown(pass_at_k(4, 2, 1), 1), shown(pass_at_k(4, 2, 2)), shown(1 - (1 - 2 / 4) ** 2, 2)]


@works("keys saved = (characters − keys pressed − wrong suggestions read) / characters")
def saved():
    text = "return first + 1"
    offers = [(0, "raise ValueError"), (6, " first + 1")]
    pressed, _ = keys(text, [Said(place, said, Answer(said, 0.0)) for place, said in offers])
    return [f"{pressed:.0f}", str(len(text))]


@works("p · (n − 1) > 1 − p        p = Π_t p(y_t | x, y_<t)")
def offered():
    text = " first + 1"
    worth = [is_worth_showing(text, [math.log(p)]) for p in (0.2, 0.05)]
    assert worth == [True, False]
    n = len(text)
    return [str(n), shown(0.2 * (n - 1), 1), "0.8", shown(0.05 * (n - 1), 2), "0.95"]


@works("chance = max(2 · min(share of Δ ≤ 0, share of Δ ≥ 0), 2^(1 − n))")
def resampled():
    more, none = [(2, 1), (0, 1), (3, 1), (1, 1)], [(0, 1)] * 4
    above = sum(sum(drawn) > 0 for drawn in product((2, 0, 3, 1), repeat=4))
    assert above == 255
    assert paired(more, none, range(4)).chance == 1 / 8
    assert paired([(2, 1), (-2, 1), (3, 1), (-1, 1)], none, range(4)).chance > 0.3
    return ["256", shown(2 / 256), shown(1 / 8)]


@works("MRR = (1/n) Σ_i 1 / rank_i")
def ranks():
    found = reciprocal_ranks([[9, 1, 1, 1], [9, 8, 1, 1], [9, 8, 1, 7]])
    assert found.tolist() == [1, 1 / 2, 1 / 4]
    return [shown(float(found.mean()))]
