"""A million odd strings: each comes back byte for byte, and gives the same ids wherever it is read."""

from collections.abc import Iterator
from random import Random

import pytest
import tokenizers

from codekiln.tokenizer import FILE_NAME, SPECIAL_TOKENS, Tokenizer, train_bpe
from codekiln.tokenizer.hugging_face import save_tokenizer

CODE = (
    "class Reader:\n    def read(self, size=-1):\n        return self._file.read(size)  # 日本\n",
    'if (a != b && c >= 0x1F) {\n\tprintf("%s: größe 🎉\\n", s->name);\r\n}\n',
    "const f = async (x) => `${await x?.y ?? null}`;\n// it's what we'll see, they've said\n",
)
# Ranges of code points: any of all planes, control, white space, letters that combine, what turns or
# joins, private use and the last of each plane, plain ASCII.
RANGES = (
    ((0, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)),
    ((0, 0x1F), (0x7F, 0x9F)),
    ((0x20, 0x20), (0x09, 0x0D), (0x85, 0x85), (0xA0, 0xA0), (0x2000, 0x200A), (0x2028, 0x202F)),
    ((0x300, 0x36F), (0x591, 0x5BD), (0x93C, 0x94D), (0x1AB0, 0x1AFF), (0x20D0, 0x20F0)),
    ((0x200B, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069), (0xFE00, 0xFE0F), (0xE0020, 0xE007F)),
    ((0xE000, 0xF8FF), (0xFFF0, 0xFFFF), (0x1FFFE, 0x1FFFF), (0x10FFF0, 0x10FFFF)),
    ((0x20, 0x7E),),
)
WORDS = (
    *SPECIAL_TOKENS,
    *("<|", "|>", "<fim_", "'LL", "'s", "\r\n", "\n\n", "    ", "\t", "self.", "return", "0x1F"),
    *("ﬁ", "İ", "ß", "ǆ", "한글", "👩‍👩‍👧‍👦", "🏳️‍🌈", "e\u0301", "\ufeff", "١٢", "Ⅷ", "½"),
)


def strings(count: int, seed: int = 0) -> Iterator[str]:
    """Short strings of a few pieces, each from another corner of Unicode."""
    random = Random(seed)
    for _ in range(count):
        pieces = []
        for _ in range(random.randint(1, 5)):
            if random.random() < 0.3:
                pieces.append(random.choice(WORDS))
            else:
                ranges = random.choice(RANGES)
                low, high = random.choice(ranges)
                pieces += [chr(random.randint(low, high)) for _ in range(random.randint(1, 4))]
        yield "".join(pieces)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_bpe(iter(CODE * 20), 1000)


@pytest.fixture(scope="module")
def odd() -> list[str]:
    return list(strings(20_000, seed=1))


def check_round_trip(tokenizer: Tokenizer, texts: list[str]) -> None:
    pieces = [tokenizer.bytes_of(token) for token in range(tokenizer.vocabulary_size)]
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert b"".join([pieces[token] for token in ids]) == text.encode()
        assert not ids or min(ids) >= len(SPECIAL_TOKENS)


def test_odd_strings_come_back(tokenizer, odd):
    assert len(set(odd)) > 15_000
    assert {ord(character) >> 16 for text in odd for character in text} == set(range(17))
    check_round_trip(tokenizer, odd)


@pytest.mark.slow
def test_a_million_odd_strings_come_back(tokenizer):
    for seed in range(50):
        check_round_trip(tokenizer, list(strings(20_000, seed)))


def test_one_by_one_or_many_at_once_gives_the_same_ids(tokenizer, odd):
    assert [tokenizer.encode(text) for text in odd[:5000]] == tokenizer.encode_batch(odd[:5000])


def test_the_library_alone_gives_the_same_ids(tokenizer, odd, tmp_path):
    """What anybody gets who reads `tokenizer.json`, and takes control in a text for text."""
    (tmp_path / FILE_NAME).write_text(tokenizer.definition, encoding="utf-8")
    plain = tokenizers.Tokenizer.from_file(str(tmp_path / FILE_NAME))
    plain.encode_special_tokens = True
    found = plain.encode_batch(odd, add_special_tokens=False)
    assert [encoding.ids for encoding in found] == tokenizer.encode_batch(odd)


def test_the_exported_folder_gives_the_same_ids(tokenizer, odd, tmp_path):
    transformers = pytest.importorskip("transformers")
    save_tokenizer(tmp_path, tokenizer, context=512)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    found = theirs(odd, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert found == tokenizer.encode_batch(odd)
    assert theirs(odd[:9])["input_ids"] == [
        [tokenizer.opening, *ids] for ids in theirs(odd[:9], add_special_tokens=False)["input_ids"]
    ]
    for text in odd[:500]:
        assert theirs.decode(tokenizer.encode(text)) == text
