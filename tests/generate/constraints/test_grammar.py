import json
import re
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from tokenizers import models

from codekiln.errors import MissingExtraError, UsageError
from codekiln.generate import Sampling, strategy_of
from codekiln.generate.constraints.grammar import GrammarCompiler
from codekiln.generate.loading import model_folder
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.beam import beam_search
from codekiln.generate.search.best_of import best_of
from codekiln.tokenizer import Tokenizer
from fakes import FakeEngine, rambling, tiny_tokenizer
from foreign_tokenizers import foreign, smollm, vocabulary_of

TINY = tiny_tokenizer()
V = TINY.vocabulary_size
FOREIGN = foreign(smollm(), "<|im_end|>")
STARTER = Tokenizer.load(model_folder(Path("starter")))
COMPILER = GrammarCompiler(TINY)
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "bc", "é"]}, "maxItems": 3},
        "address": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/address"}]},
    },
    "required": ["name", "age", "tags", "address"],
    "additionalProperties": False,
    "$defs": {
        "address": {
            "type": "object",
            "properties": {"city": {"type": "string", "pattern": "^[A-Z][a-z]{2,5}$"}},
            "required": ["city"],
            "additionalProperties": False,
        }
    },
}
SCHEMAS = (
    PERSON,
    {
        "type": "array",
        "items": {"type": "number", "minimum": -3, "maximum": 5},
        "minItems": 2,
        "maxItems": 4,
    },
    {"const": {"a": [1, True, None]}},
    {"type": "boolean"},
)


def answers(tokenizer, constraint, n=12, max_tokens=400, seed=0):
    """What a model that knows nothing says under the constraint."""
    size = tokenizer.vocabulary_size
    engine = FakeEngine(lambda row, _: np.random.default_rng(row).normal(scale=2, size=size), size)
    sampled = strategy_of(Sampling(temperature=1.5))
    return best_of(
        Slot(engine),
        tokenizer,
        [tokenizer.opening],
        strategy=sampled,
        n=n,
        max_tokens=max_tokens,
        seed=seed,
        constraint=constraint,
    )


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("tokenizer", [TINY, STARTER, FOREIGN])
def test_whatever_the_model_wants_the_answer_fits_the_schema(tokenizer, schema):
    constraint = GrammarCompiler(tokenizer).json_schema(json.dumps(schema))
    for answer in answers(tokenizer, constraint, n=6):
        assert answer.finish_reason == "end"
        jsonschema.validate(json.loads(answer.text), schema)


def follow(tokenizer, constraint, text):
    """Whether every token of a text was allowed; the constraint has then read it."""
    for token in tokenizer.encode(text):
        if not constraint.allowed()[token]:
            return False
        constraint.advance(token)
    return True


@pytest.mark.parametrize("tokenizer", [TINY, STARTER])
def test_what_python_writes_can_be_written(tokenizer):
    text = json.dumps({"name": "Zoë", "age": 42, "tags": ["a"], "address": {"city": "Rome"}})
    constraint = GrammarCompiler(tokenizer).json_schema(json.dumps(PERSON))
    assert follow(tokenizer, constraint, json.dumps(json.loads(text), ensure_ascii=False))
    assert np.flatnonzero(constraint.allowed()).tolist() == sorted(tokenizer.ends)


def test_what_the_schema_forbids_cannot_be_written():
    for text in ('{"name": 3', '{"age"', '{"name": "Zoe", "age": 151', '{"name": "", "age": 4, "x'):
        assert not follow(TINY, COMPILER.json_schema(json.dumps(PERSON)), text)


def test_an_answer_that_is_cut_says_so():
    constraint = COMPILER.json_schema(json.dumps(PERSON))
    assert {answer.finish_reason for answer in answers(TINY, constraint, max_tokens=5)} == {
        "length"
    }


@pytest.mark.parametrize(
    "pattern", [r"[a-f]{3,5}", r"(in|item|first)+\d", r"return [a-z]{2}( # [a-z]{4})?"]
)
def test_a_pattern_is_matched_from_end_to_end(pattern):
    schema = json.dumps({"type": "string", "pattern": f"^({pattern})$"})
    for answer in answers(TINY, COMPILER.json_schema(schema)):
        assert answer.finish_reason == "end"
        assert re.fullmatch(pattern, json.loads(answer.text))


def test_every_beam_keeps_to_the_grammar():
    constraint = COMPILER.json_schema('{"enum": ["item", "items", "in", 12, null]}')
    found = beam_search(
        Slot(rambling(V)), TINY, [TINY.opening], width=8, n=5, max_tokens=20, constraint=constraint
    )
    assert {json.loads(answer.text) for answer in found} == {"item", "items", "in", 12, None}


def test_it_is_finished_where_an_end_may_follow():
    constraint = COMPILER.json_schema('{"enum": [1, 12]}')
    states = [constraint.finished]
    for token in [*TINY.encode("1"), *TINY.encode("2"), TINY.end]:
        constraint.advance(token)
        states.append(constraint.finished)
    assert states == [False, True, True, True]


@pytest.mark.parametrize("tokenizer", [TINY, FOREIGN])
def test_a_copy_goes_its_own_way(tokenizer):
    compiler, rng = GrammarCompiler(tokenizer), np.random.default_rng(5)
    states = [([], compiler.json_schema(json.dumps(PERSON)))]
    for _ in range(300):
        tokens, constraint = states[rng.integers(len(states))]
        if rng.random() < 0.05:
            states.append((list(tokens), constraint.copy()))
        elif not (tokens and tokens[-1] in tokenizer.ends):
            tokens.append(int(rng.choice(np.flatnonzero(constraint.allowed()))))
            constraint.advance(tokens[-1])
    assert len(states) > 5
    for read, state in states:
        fresh = compiler.json_schema(json.dumps(PERSON))
        for token in read:
            fresh.advance(token)
        assert (state.finished, state.overlap) == (fresh.finished, 0)
        assert (state.allowed() == fresh.allowed()).all()


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "JSON schema cannot be used"),
        ("[1]", "JSON schema cannot be used"),
        ('{"type": "text"}', "Invalid type: text"),
        ('{"type": "array", "uniqueItems": true}', "Unimplemented keys"),
        (
            '{"uniqueItems": true, "type": "array", "x-guidance": {"lenient": true}}',
            "Unimplemented",
        ),
        ('{"type": "integer", "minimum": 5, "maximum": 2}', "minimum"),
        ('{"type": "string", "pattern": "("}', "unclosed group"),
        ('{"$ref": "#/nowhere"}', "nowhere"),
    ],
)
def test_a_wrong_schema_is_refused_with_the_reason(schema, message):
    with pytest.raises(UsageError, match=message):
        COMPILER.json_schema(schema)


def test_a_grammar_that_the_vocabulary_cannot_write_is_refused_when_it_comes_to_that():
    inner = smollm()
    vocabulary, merges = vocabulary_of(inner)
    del vocabulary["2"]
    inner.model = models.BPE(vocabulary, merges)
    lacking = foreign(inner, "<|im_end|>")
    constraint = GrammarCompiler(lacking).json_schema('{"const": 12}')
    assert follow(lacking, constraint, "1")
    with pytest.raises(UsageError, match="cannot be followed"):
        constraint.allowed()


def test_without_the_extra_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(MissingExtraError, match=r"codekiln\[grammar\]"):
        GrammarCompiler(TINY)
