"""The one-file example: short, self-contained, and the plain reference of our faster training step."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.training import ModelStageConfig, cross_entropy, muon
from codekiln.training.causal import Causal
from codekiln.training.learner import Learner

FILE = Path(__file__).parents[2] / "examples" / "one_file.py"
SHAPE = ModelConfig(
    vocabulary=96, context=160, layers=2, width=48, heads=4, key_value_heads=2, hidden=80, head_width=16
)  # fmt: skip


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("one_file", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["one_file"] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def example() -> Iterator[ModuleType]:
    yield loaded()
    del sys.modules["one_file"]


@pytest.fixture
def exact_muon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Muon's Newton-Schulz rounds to bf16, which blows a difference in the last bit up to 1e-4."""
    from torch.optim import _muon

    def plain(grad: Tensor, coefficients: tuple[float, ...], steps: int, eps: float) -> Tensor:
        a, b, c = coefficients
        tall = grad.shape[0] > grad.shape[1]
        X = (grad.T if tall else grad).double()
        X = X / X.norm().clamp(min=eps)
        for _ in range(steps):
            A = X @ X.T
            X = a * X + (b * A + c * A @ A) @ X
        return (X.T if tall else X).to(grad.dtype)

    def together(stacked: Tensor) -> Tensor:
        return torch.stack([plain(one, (muon.A, muon.B, muon.C), 5, 1e-7) for one in stacked])

    monkeypatch.setattr(_muon, "_zeropower_via_newtonschulz", plain)
    monkeypatch.setattr(muon, "_newton_schulz", together)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library takes a row's logits in three chunks."""
    monkeypatch.setattr(cross_entropy, "CHUNK_LOGITS", 64 * SHAPE.vocabulary)


@pytest.fixture
def single_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def twins(example: ModuleType, config: ModelStageConfig) -> tuple[Learner, torch.nn.Module]:
    """A learner of the library and the example's model, with equal weights, none of them zero."""
    torch.manual_seed(1)
    ours = Transformer(SHAPE)
    for parameter in ours.parameters():
        if parameter.ndim == 2 and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
        elif parameter.ndim == 1:
            torch.nn.init.normal_(parameter, mean=1.0, std=0.1)
    plain = example.Transformer(
        example.Shape(
            vocabulary=SHAPE.vocabulary,
            layers=SHAPE.layers,
            width=SHAPE.width,
            heads=SHAPE.heads,
            key_value_heads=SHAPE.key_value_heads,
            head_width=SHAPE.head_width,
            hidden=SHAPE.hidden,
            rope_base=SHAPE.rope_base,
            epsilon=SHAPE.norm_epsilon,
        )
    )
    plain.load_state_dict(ours.state_dict())
    return Learner(config, ours, Causal(example.END, example.PAD)), plain


def rows_of(example: ModuleType, steps: int) -> Tensor:
    """`[steps, 3, T + 1]` with several documents a row, one row of a single one, one with padding."""
    rows = torch.randint(5, SHAPE.vocabulary, (steps, 3, SHAPE.context + 1))
    rows[:, :2, 0] = example.END
    rows[:, 0, [40, 41, 99]] = example.END
    rows[:, 2, 77] = example.END  # its beginning is the end of another row's document
    rows[:, 2, 130:] = example.PAD
    return rows


def use_rates(example: ModuleType, learner: Learner) -> None:
    """Give the example the constants of the library, which may be tuned."""
    muon, embedding, norms = learner.optimizer._groups()
    example.MATRIX_RATE, example.EMBEDDING_RATE = muon["lr"], embedding["lr"]
    example.NORM_RATE, example.BETAS = norms["lr"], embedding["betas"]
    example.CLIP = learner.config.clip


@pytest.mark.usefixtures("exact_muon", "small_chunks", "single_thread")
def test_training_steps_equal_the_library(example: ModuleType) -> None:
    config = ModelStageConfig(
        tokens=1,
        learning_rate=0.01,
        weight_decay=0.0,
        clip=0.05,
        micro_tokens=SHAPE.context,  # row by row
    )
    learner, plain = twins(example, config)
    use_rates(example, learner)
    optimizers = example.make_optimizers(plain)
    scales = (0.5, 1.0, 0.25)
    losses = []
    for rows, scale in zip(rows_of(example, len(scales)), scales, strict=True):
        ours, _ = learner.gradients(rows, 0, "fp32")
        learner.update(scale)
        theirs = example.train_step(plain, optimizers, rows, scale)
        assert ours == pytest.approx(theirs, abs=1e-5)
        losses.append(ours)
    assert len(set(losses)) == len(losses)
    for name, weight in learner.model.state_dict().items():
        torch.testing.assert_close(weight, plain.state_dict()[name], atol=1e-5, rtol=0, msg=name)


def test_the_step_moves_weights(example: ModuleType) -> None:
    """The twin of the test above: without it, two steps that do nothing would be equal too."""
    learner, plain = twins(example, ModelStageConfig(tokens=1, learning_rate=0.01))
    use_rates(example, learner)
    example.train_step(plain, example.make_optimizers(plain), rows_of(example, 1)[0], 1.0)
    for name, weight in learner.model.state_dict().items():
        assert not torch.allclose(weight, plain.state_dict()[name], atol=1e-5), name


def test_logits_equal_the_library(example: ModuleType) -> None:
    learner, plain = twins(example, ModelStageConfig(tokens=1))
    rows = rows_of(example, 1)[0]
    batch = learner.objective.prepare(rows, 0)
    ids, documents = batch["ids"], batch["documents"]
    with torch.no_grad():
        ours = learner.model.logits(learner.model(ids, documents))
        torch.testing.assert_close(ours, plain(ids), atol=1e-4, rtol=1e-4)


def test_infilling_puts_the_middle_last(example: ModuleType) -> None:
    tokenizer = example.train_tokenizer(["def add(a, b):\n    return a + b\n"] * 3)
    ids = example.fill_in_the_middle(tokenizer, "def add(", ":\n", "a, b)")
    assert ids[:2] == [example.END, example.PREFIX]
    suffix, middle = ids.index(example.SUFFIX), ids.index(example.MIDDLE)
    assert tokenizer.decode(ids[2:suffix]) == "def add("
    assert tokenizer.decode(ids[suffix + 1 : middle]) == ":\n"
    assert tokenizer.decode(ids[middle + 1 :]) == "a, b)"


def test_special_strings_in_a_file_are_data(example: ModuleType) -> None:
    text = "<fim_prefix> and <|endoftext|>"
    tokenizer = example.train_tokenizer([text])
    ids = tokenizer.encode(text).ids
    assert min(ids) > example.PAD
    assert tokenizer.decode(ids) == text


@pytest.mark.usefixtures("single_thread")
def test_the_whole_road(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        text = f"def function_{number}(value):\n    return value + {number}\n\n"
        (tmp_path / f"module_{number}.py").write_text(text * 8)
    example.main([str(tmp_path), "--seconds", "2"])
    printed = capsys.readouterr().out
    before, after = (
        float(line.split()[1]) for line in printed.splitlines() if line.endswith("bits per byte")
    )
    assert after < before
    assert "nats a token" in printed
    assert "temperature 0.0: " in printed


def test_a_folder_without_code_is_refused(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        example.main([str(tmp_path)])
    assert "fewer than two Python files" in capsys.readouterr().err


def test_it_is_short_and_stands_alone() -> None:
    source = FILE.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == {"torch", "tokenizers"}
