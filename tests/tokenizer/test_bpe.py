"""Byte-level BPE: exact round trips, control apart from text, pieces and merges as published."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models

from codekiln.errors import ModelError, UsageError
from codekiln.tokenizer import FILE_NAME, SPECIAL_TOKENS, Tokenizer, train_bpe
from fakes import TEXTS, tiny_tokenizer

STATM = Path("/proc/self/statm")
LETTERS = str.maketrans("0123456789", "ghijklmnop")  # digits would be pieces of their own

PROSE = (
    "class Reader:\n    def read(self, size=-1):\n        return self._file.read(size)\n",
    "# Grüße aus Köln: 日本語のコメント 🎉🎉\nif a != b and c >= 10:\r\n\treturn None\r\n",
    "    def write(self, data):\n        self._file.write(data)\n\n\n    def close(self):\n",
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
CODE = st.text(st.sampled_from("aab_ZéЖ日 019  \t\r\n\n.()'\"#=->stdmlvre\u00a0\u2028🎉\u0301"))
MIXED = st.lists(st.sampled_from(SPECIAL_TOKENS) | ANY_TEXT).map("".join)


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return train_bpe(iter(PROSE * 20), 600)


def pieces_of(tokenizer: Tokenizer, text: str) -> list[str]:
    inner = tokenizers.Tokenizer.from_str(tokenizer.definition)
    return [text[a:b] for _, (a, b) in inner.pre_tokenizer.pre_tokenize_str(text)]


def check_round_trip(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert b"".join(map(tokenizer.bytes_of, ids)) == text.encode()
    assert tokenizer.decode(ids) == text
    assert not ids or len(SPECIAL_TOKENS) <= min(ids) <= max(ids) < tokenizer.vocabulary_size


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT | MIXED | CODE)
def test_any_text_comes_back_exactly(text):
    check_round_trip(tiny_tokenizer(), text)


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nb\rc\n\n\r\n",
        "\ufeffbom",
        "".join(map(chr, range(32))) + "\x7f\x80\x85\x9f",
        "e\u0301 é ﬁ Å Å",
        "\u200b\u200d\u2028\u2029\u00a0\u3000",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "\U0010ffff\U000e0001\ufffe\uffff\ufffd",
        "    leading\n\ttabs \n trailing   ",
        "x" * 5000,
        " " * 5000,
        "",
    ],
)
def test_hard_texts_come_back_exactly(trained, text):
    check_round_trip(trained, text)
    check_round_trip(tiny_tokenizer(), text)


def test_every_character_of_unicode_comes_back_exactly(trained):
    """All of the basic plane, every seventh character beyond, side by side and apart."""
    points = [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 7)]
    for start in range(0, len(points), 2000):
        characters = list(map(chr, points[start : start + 2000]))
        check_round_trip(trained, "".join(characters))
        check_round_trip(trained, "a b\n".join(characters[::5]))


def test_control_tokens_are_the_first_ids_and_stand_for_no_text():
    tokenizer = tiny_tokenizer()
    assert SPECIAL_TOKENS == (
        "<|endoftext|>",
        "<fim_prefix>",
        "<fim_middle>",
        "<fim_suffix>",
        "<fim_pad>",
        "<reponame>",
        "<filename>",
        "<language>",
        "<domain:web>",
        "<domain:mobile>",
        "<domain:desktop>",
        "<domain:game>",
        "<domain:graphics>",
        "<domain:media>",
        "<domain:data>",
        "<domain:machine-learning>",
        "<domain:science>",
        "<domain:database>",
        "<domain:network>",
        "<domain:security>",
        "<domain:systems>",
        "<domain:embedded>",
        "<domain:command-line>",
        "<domain:testing>",
        "<domain:devops>",
        "<domain:build>",
        "<domain:language-tools>",
        "<domain:concurrency>",
        "<mask>",
        "<sep>",
    )
    assert [tokenizer.special(token) for token in SPECIAL_TOKENS] == list(range(30))
    assert tokenizer.end == 0
    assert tokenizer.decode(range(30)) == ""
    ids = tokenizer.encode("a")
    assert tokenizer.decode([1, *ids, 0, *ids]) == "aa"


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_a_control_string_in_a_text_is_data(token):
    for text in (token, f"x = '{token}'  # {token}{token}\n", token[:-1] + token):
        check_round_trip(tiny_tokenizer(), text)
        assert tiny_tokenizer().encode_batch([text, text]) == [tiny_tokenizer().encode(text)] * 2


def test_a_character_cut_by_the_ends_shows_as_a_replacement():
    tokenizer = tiny_tokenizer()
    ids = tokenizer.encode("🎉a")
    assert len(ids) == 5
    assert tokenizer.decode(ids[1:]) == "\ufffd" * 3 + "a"
    assert tokenizer.decode(ids) == "🎉a"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("hello world", ["hello", " world"]),
        ("it's we'LL", ["it", "'s", " we", "'LL"]),
        ("x1234", ["x", "1", "2", "3", "4"]),
        ("a = b", ["a", " =", " b"]),
        ("self._file", ["self", "._", "file"]),
        ("f(x):\n", ["f", "(x", "):\n"]),
        ("if a:\n    return b", ["if", " a", ":\n", "   ", " return", " b"]),
        ("a\n\n\nb", ["a", "\n\n\n", "b"]),
        ("a  \n  b", ["a", "  \n", " ", " b"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("tail   ", ["tail", "   "]),
        ("\tx", ["\tx"]),
        ("\t\tx", ["\t", "\tx"]),
        ("日本語 text", ["日本語", " text"]),
        ("x!=y", ["x", "!=", "y"]),
        ("été", ["été"]),
        ("🎉🎉 ok", ["🎉🎉", " ok"]),
    ],
)
def test_pieces_are_those_worked_out_by_hand(text, pieces):
    assert pieces_of(tiny_tokenizer(), text) == pieces


@pytest.fixture(scope="module")
def qwen():
    """The published pattern, read from the source of transformers, under another regex engine."""
    regex = pytest.importorskip("regex")
    spec = importlib.util.find_spec("transformers")
    if spec is None or spec.origin is None:
        pytest.skip("transformers is not installed")
    path = Path(spec.origin).parent / "models" / "qwen2" / "tokenization_qwen2.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PRETOKENIZE_REGEX":
            return regex.compile(ast.literal_eval(node.value))
    pytest.skip("transformers no longer has the pattern there")


def test_pieces_are_those_of_qwen2(qwen):
    @settings(max_examples=300, deadline=None)
    @given(CODE)
    def agree(text):
        assert pieces_of(tiny_tokenizer(), text) == qwen.findall(text)

    agree()
    source = Path(__file__).read_text(encoding="utf-8")
    assert pieces_of(tiny_tokenizer(), source) == qwen.findall(source)


def symbols(tokenizer: Tokenizer, piece: str) -> list[str]:
    """A piece as single bytes, in the printable characters of the definition."""
    names = {tokenizer.bytes_of(t): s for s, t in vocabulary_of(tokenizer).items() if t >= 8}
    return [names[bytes([byte])] for byte in piece.encode()]


def vocabulary_of(tokenizer: Tokenizer) -> dict[str, int]:
    return json.loads(tokenizer.definition)["model"]["vocab"]


def merges_of(tokenizer: Tokenizer) -> list[tuple[str, str]]:
    return [tuple(merge) for merge in json.loads(tokenizer.definition)["model"]["merges"]]


def merged(word: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    for symbol in word:
        out.append(symbol)
        if tuple(out[-2:]) == pair:
            out[-2:] = ["".join(pair)]
    return out


def test_ids_are_those_of_the_merges_applied_one_after_the_other(trained):
    merges, vocabulary = merges_of(trained), vocabulary_of(trained)
    for text in (*PROSE, *TEXTS, "return self._file.writable(🎉)\n"):
        expected = []
        for piece in pieces_of(trained, text):
            word = symbols(trained, piece)
            for pair in merges:
                word = merged(word, pair)
            expected += [vocabulary[symbol] for symbol in word]
        assert trained.encode(text) == expected


def test_every_merge_was_the_most_frequent_pair_of_its_time():
    """The algorithm of Sennrich et al. 2016, §3.2, written out; equal counts may go either way."""
    texts = ["def add(first, second): return first + second", "the theatre then thaws", *TEXTS]
    tokenizer = train_bpe(iter(texts), 300)
    words = Counter(piece for text in texts for piece in pieces_of(tokenizer, text))
    spelled = {piece: symbols(tokenizer, piece) for piece in words}
    assert len(merges_of(tokenizer)) == 300 - 256 - 30
    for pair in merges_of(tokenizer):
        counts: Counter[tuple[str, str]] = Counter()
        for piece, word in spelled.items():
            for both in pairwise(word):
                counts[both] += words[piece]
        assert counts[pair] == max(counts.values())
        spelled = {piece: merged(word, pair) for piece, word in spelled.items()}


def test_every_byte_has_an_id_from_the_beginning():
    tokenizer = train_bpe(iter([]), 286)
    assert tokenizer.vocabulary_size == 286
    assert {tokenizer.bytes_of(token) for token in range(30, 286)} == {
        bytes([byte]) for byte in range(256)
    }


def test_training_is_deterministic_here_and_in_another_process(trained):
    assert train_bpe(iter(PROSE * 20), 600).definition == trained.definition
    program = (
        "import json, sys; from codekiln.tokenizer import train_bpe;"
        "texts = json.load(sys.stdin); print(train_bpe(iter(texts * 20), 600).fingerprint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(PROSE),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == trained.fingerprint


def test_a_tokenizer_is_read_back_the_same(trained, tmp_path):
    (tmp_path / FILE_NAME).write_text(trained.definition, encoding="utf-8")
    loaded = Tokenizer.load(tmp_path)
    assert loaded.fingerprint == trained.fingerprint != tiny_tokenizer().fingerprint
    for text in PROSE:
        assert loaded.encode(text) == trained.encode(text)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", "not json", '{"model": {}}'])
def test_what_is_no_tokenizer_is_refused(tmp_path, content):
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(ModelError, match=r"cannot be read .*: rebuild it"):
        Tokenizer.load(tmp_path)


def test_a_damaged_tokenizer_is_refused(tmp_path):
    definition = tiny_tokenizer().definition
    for size in range(0, len(definition), len(definition) // 20):
        (tmp_path / FILE_NAME).write_text(definition[:size], encoding="utf-8")
        with pytest.raises(ModelError):
            Tokenizer.load(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"\xff" + definition.encode())
    with pytest.raises(ModelError, match="is damaged: rebuild"):
        Tokenizer.load(tmp_path)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    (tmp_path / "file").write_text("text")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(ModelError, match=r"holds no tokenizer\.json: give a folder that does"):
            Tokenizer.load(folder)


def test_a_foreign_tokenizer_is_refused():
    plain = tokenizers.Tokenizer(models.BPE({"a": 0, "b": 1}, []))
    with pytest.raises(ModelError, match=r"does not begin with our special tokens.*not codekiln's"):
        Tokenizer(plain.to_str())
    definition = tiny_tokenizer().definition
    swapped = definition.replace("<fim_middle>", "<?>").replace("<fim_suffix>", "<fim_middle>")
    with pytest.raises(ModelError, match=r"does not begin with our special tokens.*not codekiln's"):
        Tokenizer(swapped.replace("<?>", "<fim_suffix>"))


def test_half_a_character_is_refused():
    with pytest.raises(UsageError, match=r"is not UTF-8 text: convert it"):
        tiny_tokenizer().encode("x = '\ud83d'")


@pytest.mark.skipif(not STATM.exists(), reason="this system does not tell what is resident")
def test_what_threads_remember_of_it_stays_small(trained):
    """A server's threads live as long as it does; unbounded, each would keep 4 MB of these words."""
    words = [f" {number:05x}".translate(LETTERS) for number in range(20_000)]
    lines = ["".join(some) for some in zip(*[iter(words)] * 20, strict=True)]
    threads, before = 16, resident()
    encoded, done = threading.Barrier(threads + 1, timeout=60), threading.Event()

    def encode():
        for line in lines:
            trained.encode(line)
        encoded.wait()
        done.wait(60)

    living = [threading.Thread(target=encode) for _ in range(threads)]
    for thread in living:
        thread.start()
    encoded.wait()
    grown = resident() - before
    done.set()
    for thread in living:
        thread.join()
    assert grown < 2e6 * threads


def resident():
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
