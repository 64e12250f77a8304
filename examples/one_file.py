"""How a machine learns to write code, in one file: from a folder of Python files to a completion.

    python examples/one_file.py FOLDER --seconds 60

The six sections are the six steps of codekiln, each in its plainest form; the library does the same
faster, resumably and with far more care for the data. Nothing here imports it, and a test holds the
two together: on the same rows both take the same training steps.

Shapes: B rows of a batch, T tokens of a row, C width, H heads, K key/value heads, D head width,
V vocabulary. Runs on the processor, in fp32.
"""

import argparse
import math
import random
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn

# 1. Corpus: which text to learn from. One file is kept aside as the examination (in `main`); since
# a file's neighbours tell much about it, the library keeps whole packages aside.

SKIPPED = {"test", "tests", "idle_test", "site-packages", "dist-packages"}


def read_folder(folder: Path) -> dict[str, str]:
    """Text to path of every Python file below a folder, each text once."""
    paths: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if path.is_file() and not SKIPPED.intersection(name.parts):
            paths.setdefault(path.read_bytes().decode("utf-8", errors="ignore"), str(name))
    return paths


# 2. Tokenizer: text to integers and back. Begin with the 256 bytes; merge the commonest pair of
# neighbours into a new token; repeat. Frequent strings such as "return" end as one token.

SPECIAL = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>"]
END, PREFIX, MIDDLE, SUFFIX, PAD = range(len(SPECIAL))
VOCABULARY = 2048


def train_tokenizer(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True  # "<fim_prefix>" inside a source file is plain text
    return tokenizer


# 3. Inputs: rows of T + 1 ids. END opens a document, and so closes the one before it.
#
#     plain                END text
#     fill-in-the-middle   END PREFIX prefix SUFFIX suffix MIDDLE middle
#
# What stood in the middle comes last, so that predicting the next token is to fill a gap.

ROW, BATCH, FIM_RATE = 256, 8, 0.5  # T, B, and the share of files that are rearranged


def fill_in_the_middle(tokenizer: Tokenizer, prefix: str, suffix: str, middle: str) -> list[int]:
    first, last, between = (tokenizer.encode(text).ids for text in (prefix, suffix, middle))
    return [END, PREFIX, *first, SUFFIX, *last, MIDDLE, *between]


def document(tokenizer: Tokenizer, text: str) -> list[int]:
    if random.random() >= FIM_RATE:
        return [END, *tokenizer.encode(text).ids]
    ids = []
    for start in range(0, len(text), 3 * ROW):  # about one row of code
        piece = text[start : start + 3 * ROW]
        # Characters, not tokens: whoever asks for a completion may stand inside a word.
        a, b = sorted(random.choices(range(len(piece) + 1), k=2))
        ids += fill_in_the_middle(tokenizer, piece[:a], piece[b:], piece[a:b])
    return ids


def pack(tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """All documents in one stream, cut into rows `[N, T + 1]`; PAD fills the last."""
    stream = [token for text in texts for token in document(tokenizer, text)] + [END]
    stream += [PAD] * (-len(stream) % (ROW + 1))
    return torch.tensor(stream).view(-1, ROW + 1)


# 4. Model: p(next token | the tokens before it), for all places of a row at once. A text then has
#
#     p(x_1 … x_T) = Π_t p(x_t | x_1 … x_{t-1}),   log p = Σ_t log p(x_t | x_1 … x_{t-1})
#
# and a good model is one that gives real code a high log-likelihood. The weights are named as those
# of Qwen3 in Hugging Face's libraries. RMSNorm is x / √(mean(x²) + ε) · weight.


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    layers: int = 2
    width: int = 128
    heads: int = 4
    key_value_heads: int = 2  # each serves two heads
    head_width: int = 32
    hidden: int = 384
    rope_base: float = 10_000.0
    epsilon: float = 1e-6


def rotate(x: Tensor, base: float) -> Tensor:
    """RoPE: turn pair (i, i + D/2) of `x [B, H, T, D]` at place t by the angle t · base^(-2i/D)."""
    T, D = x.shape[-2:]
    angle = torch.arange(T)[:, None] * base ** (-torch.arange(0, D, 2).float() / D)  # [T, D/2]
    (first, second), cos, sin = x.chunk(2, dim=-1), angle.cos(), angle.sin()
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Attention(nn.Module):
    """softmax(Q Kᵀ / √D) V: each token gathers what earlier tokens of its document offer."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.q_proj = nn.Linear(s.width, s.heads * s.head_width, bias=False)
        self.k_proj = nn.Linear(s.width, s.key_value_heads * s.head_width, bias=False)
        self.v_proj = nn.Linear(s.width, s.key_value_heads * s.head_width, bias=False)
        self.o_proj = nn.Linear(s.heads * s.head_width, s.width, bias=False)
        self.q_norm, self.k_norm = (nn.RMSNorm(s.head_width, s.epsilon) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        B, T, _ = x.shape
        heads = (B, T, -1, self.s.head_width)
        q = self.q_norm(self.q_proj(x).view(heads)).transpose(1, 2)  # [B, H, T, D]
        k = self.k_norm(self.k_proj(x).view(heads)).transpose(1, 2)  # [B, K, T, D]
        v = self.v_proj(x).view(heads).transpose(1, 2)
        # The product of two rotated vectors depends on the distance between them alone.
        q, k = rotate(q, self.s.rope_base), rotate(k, self.s.rope_base)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        return self.o_proj(seen.transpose(1, 2).reshape(B, T, -1))


class Block(nn.Module):
    """Attention, then SwiGLU, (silu(x G) ⊙ x U) W, for each token by itself; both add to x."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(s), nn.Module()
        self.mlp.gate_proj = nn.Linear(s.width, s.hidden, bias=False)
        self.mlp.up_proj = nn.Linear(s.width, s.hidden, bias=False)
        self.mlp.down_proj = nn.Linear(s.hidden, s.width, bias=False)
        self.input_layernorm = nn.RMSNorm(s.width, s.epsilon)
        self.post_attention_layernorm = nn.RMSNorm(s.width, s.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), mask)
        y = self.post_attention_layernorm(x)
        return x + self.mlp.down_proj(F.silu(self.mlp.gate_proj(y)) * self.mlp.up_proj(y))


class Transformer(nn.Module):
    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(s.vocabulary, s.width)
        self.model.layers = nn.ModuleList(Block(s) for _ in range(s.layers))
        self.model.norm = nn.RMSNorm(s.width, s.epsilon)
        for name, weight in self.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                nn.init.zeros_(weight)  # at first every block passes its input through
            elif weight.ndim == 2:
                nn.init.normal_(weight, std=0.02 if "embed" in name else weight.shape[1] ** -0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits `[B, T, V]` of `ids [B, T]`; softmax over V makes probabilities of them."""
        number = (ids == END).cumsum(dim=1)  # of each token's document, [B, T]: 1 1 1 2 2 2 2 3 …
        mask = (number[:, None, :, None] == number[:, None, None, :]).tril()  # [B, 1, T, T]
        x = self.model.embed_tokens(ids)  # [B, T, C]
        for block in self.model.layers:
            x = block(x, mask)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)  # the same table


# 5. Training: move the weights so that the right token becomes likelier, that is, so that the
# cross-entropy L = - 1/n Σ_t log p(x_t | x_1 … x_{t-1}) falls (n tokens that are not PAD).
# Muon moves a matrix by nearly U Vᵀ where its gradient is U S Vᵀ: equally far in every direction.

MATRIX_RATE, EMBEDDING_RATE, NORM_RATE = 0.02, 0.01, 0.002
WARMUP, DECAY = 0.02, 0.6  # shares of the training; between them the rate stays
BETAS, CLIP = (0.9, 0.95), 1.0


def make_optimizers(model: Transformer) -> list[torch.optim.Optimizer]:
    table = model.model.embed_tokens.weight  # a table rather than a map: AdamW's, as are the norms
    others = [p for p in model.parameters() if p.ndim == 2 and p is not table]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": [table], "lr": EMBEDDING_RATE}, {"params": vectors, "lr": NORM_RATE}]
    muon = torch.optim.Muon(others, lr=MATRIX_RATE, weight_decay=0.0)
    return [muon, torch.optim.AdamW(groups, betas=BETAS, weight_decay=0.0)]


def train_step(model: Transformer, optimizers: list, rows: Tensor, scale: float) -> float:
    """One update on `rows [B, T + 1]` at `scale` times the full rates; the loss before it."""
    logits = model(rows[:, :-1])  # at each place, what it makes of the next token
    loss = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=PAD)
    model.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("full", group["lr"]) * scale
        optimizer.step()
    return loss.item()


def train(model: Transformer, rows: Tensor, seconds: float) -> None:
    optimizers = make_optimizers(model)
    began, shown, step = time.perf_counter(), -math.inf, 0
    while (spent := time.perf_counter() - began) < seconds:
        scale = min(1.0, 0.05 + spent / seconds / WARMUP, (1 - spent / seconds) / DECAY)
        batch = rows[torch.randint(len(rows), (BATCH,))]
        loss, step = train_step(model, optimizers, batch, scale), step + 1
        if spent - shown > seconds / 12:
            shown = spent
            print(f"{spent:6.1f} s  {step * BATCH * ROW:9,} tokens  loss {loss:.3f} nats a token")


# 6. Generation: argmax over texts y of Π_t p(y_t | prompt, y_<t). There are too many texts to try,
# so one token is taken at a time: the likeliest (temperature 0, greedy), or one drawn at random.
# Without a cache of keys and values each token reads the whole text again; the library keeps one.


@torch.inference_mode()
def bits_per_byte(model: Transformer, tokenizer: Tokenizer, text: str) -> float:
    """-log2 p(text) / bytes, read in windows of T that do not overlap."""
    ids, nats = torch.tensor([END, *tokenizer.encode(text).ids]), 0.0
    for start in range(0, len(ids) - 1, ROW):
        window = ids[start : start + ROW + 1]
        nats += F.cross_entropy(model(window[None, :-1])[0], window[1:], reduction="sum").item()
    return nats / math.log(2) / len(text.encode())


@torch.inference_mode()
def generate(model: Transformer, prompt: list[int], most: int, temperature: float) -> list[int]:
    """At most `most` ids that come after the prompt, up to END."""
    ids = list(prompt)
    while len(ids) < len(prompt) + most:
        logits = model(torch.tensor([ids]))[0, -1]  # [V]
        logits[PREFIX : PAD + 1] = -math.inf  # control is never written
        drawn = torch.softmax(logits / max(temperature, 1e-6), dim=-1).multinomial(1)
        token = int(drawn if temperature else logits.argmax())
        if token == END:
            break
        ids.append(token)
    return ids[len(prompt) :]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="From a folder of Python files to a completion.")
    parser.add_argument("folder", nargs="?", type=Path, default=sysconfig.get_path("stdlib"))
    parser.add_argument("--seconds", type=float, default=60, help="of training")
    options = parser.parse_args(arguments)
    random.seed(0)
    torch.manual_seed(0)
    paths = read_folder(options.folder)
    if len(paths) < 2:
        parser.error(f"{options.folder} holds fewer than two Python files: give another folder")
    held_out = random.choice([t for t in paths if 2_000 < len(t) < 20_000] or list(paths))
    texts = [text for text in paths if text != held_out]
    print(f"{len(texts)} files to learn from; held out: {paths[held_out]}")
    tokenizer = train_tokenizer(texts)
    rows = pack(tokenizer, texts)
    print(f"{tokenizer.get_vocab_size()} kinds of token, {rows.numel():,} in all")
    model = Transformer(Shape(tokenizer.get_vocab_size()))
    print(f"before: {bits_per_byte(model, tokenizer, held_out):.3f} bits per byte")
    train(model, rows, options.seconds)
    print(f"after:  {bits_per_byte(model, tokenizer, held_out):.3f} bits per byte")
    # Take the second half of a line out of the held-out file, and ask for it.
    line = random.choice([a for a in held_out.splitlines() if len(a.strip()) > 12] or [held_out])
    start = held_out.index(line)
    cut, stop = start + len(line) // 2, start + len(line)
    before, after = held_out[:cut][-2 * ROW :], held_out[stop:][: ROW // 2]
    prompt = fill_in_the_middle(tokenizer, before, after, middle="")
    print(f"\nline:            {line}\nauthor:          {held_out[cut:stop]}")
    for temperature in (0.0, 0.8):
        answer = tokenizer.decode(generate(model, prompt, 32, temperature)).partition("\n")[0]
        print(f"temperature {temperature}: {answer}")


if __name__ == "__main__":
    main()
