"""Small rows of segments and functions, and what both stages of an encoder make of them."""

import io

import numpy as np

from codekiln.artifact import produce
from codekiln.inputs.formats import DOCUMENTATION, segment_alone, segment_pair
from codekiln.training import EncoderConfig, ModelStageConfig, encoder_stage, stage, together
from fakes import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
LENGTH, CODE = 64, 40
CONFIG = ModelStageConfig(
    objective="masked",
    depth=1,
    tokens=8 * 512,
    batch_tokens=512,
    threads=1,
    precision="fp32",
    checkpoint_seconds=1e-9,
)
ENCODER = EncoderConfig(tokens=8 * 4 * (DOCUMENTATION + CODE), pairs=4)


def write_segments(config, inputs, out):
    return write_rows(out, LENGTH + 1, lambda ids, _: [*segment_pair(TOKENIZER, *ids, LENGTH), 1])


def write_functions(config, inputs, out):
    def row(ids, place):
        text, code = (
            segment_alone(TOKENIZER, *pair) for pair in zip(ids, (DOCUMENTATION, CODE), strict=True)
        )
        return [*text, *code, place]

    return write_rows(out, DOCUMENTATION + CODE + 1, row)


def write_rows(out, width, row):
    generator = np.random.default_rng(0)
    for split, count in (("train", 40), ("held_out", 8)):
        rows = np.empty((count, width), np.uint16)
        for place in range(count):
            ids = [list(generator.integers(30, 300, generator.integers(9, 50))) for _ in range(2)]
            rows[place] = row(ids, place)
        content = io.BytesIO()
        np.save(content, rows, allow_pickle=False)
        (out / f"{split}-00000.npy").write_bytes(content.getvalue())
    return {}


def make_model(rows, work):
    inputs = {"tokenizer": rows["tokenizer"], "inputs": rows["segments"]}
    return produce(stage.STAGE, CONFIG, inputs, work, "m")


def make_encoder(rows, model, work, config=ENCODER):
    inputs = {"tokenizer": rows["tokenizer"], "functions": rows["functions"], "model": model}
    return produce(encoder_stage.STAGE, config, inputs, work, "m")


def make_encoder_together(rows, model, work):
    """The same, by every process of a crew."""
    inputs = {"tokenizer": rows["tokenizer"], "functions": rows["functions"], "model": model}
    together.produce(encoder_stage.STAGE, ENCODER, inputs, work, "m")
