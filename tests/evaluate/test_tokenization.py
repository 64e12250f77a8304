"""Bytes per token and crossing tokens, beside a vocabulary that is counted by hand."""

import pytest

from codekiln.corpus import documents
from codekiln.errors import CorpusError
from codekiln.evaluate.tokenization import compare
from codekiln.languages import languages, lex
from fakes import build_corpus, tiny_tokenizer

FILES = {
    f"package{n}/module.{ending}": text * (n + 3)
    for n in range(6)
    for ending, text in (
        ("py", f"def function_{n}(value):\n    return [value, {n}]\n"),
        ("pl", f"my $value{n} = {n};\nprint $value{n};\n"),
    )
}


class Pairs:
    """Two bytes a token, whatever they are; one at an odd end."""

    vocabulary_size = 256 * 257

    def encode_batch(self, texts):
        raw = [text.encode() for text in texts]
        return [[self._id(one[at : at + 2]) for at in range(0, len(one), 2)] for one in raw]

    def bytes_of(self, token):
        first, second = divmod(token, 257)
        return bytes([first]) if second == 256 else bytes([first, second])

    def _id(self, pair):
        return pair[0] * 257 + (pair[1] if len(pair) > 1 else 256)


class Trimming(Pairs):
    """Loses a byte of every text, as one that normalises may."""

    def encode_batch(self, texts):
        return super().encode_batch([text[1:] for text in texts])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build_corpus(tmp_path_factory.mktemp("corpus"), FILES)


def by_language(corpus, vocabularies, **settings):
    return {row.language: row for row in compare(corpus, vocabularies, **settings)}


def test_bytes_and_tokens_are_those_of_all_held_out_files(corpus):
    rows = by_language(corpus, {"pairs": Pairs(), "tiny": tiny_tokenizer()})
    held_out = list(documents(corpus, "held_out"))
    assert rows.keys() == {document.language for document in held_out} == {"python", "perl"}
    for language, row in rows.items():
        texts = [document.content for document in held_out if document.language == language]
        sizes = [len(text.encode()) for text in texts]
        assert (row.files, row.bytes) == (len(texts), sum(sizes))
        assert row.fits["pairs"].tokens == sum(-(-size // 2) for size in sizes)
        tokens = sum(len(tiny_tokenizer().encode(text)) for text in texts)
        assert row.fits["tiny"].bytes_per_token == pytest.approx(row.bytes / tokens)


def test_tokens_cross_where_two_lexemes_meet(corpus):
    rows = by_language(corpus, {"pairs": Pairs()})
    texts = [d.content.encode() for d in documents(corpus, "held_out") if d.language == "python"]
    meet = 0
    for text in texts:
        lexemes = lex(languages()["python"], text)
        filled = [lexeme for lexeme in lexemes if lexeme.kind != "whitespace"]
        ends = {one.end for one in filled} & {one.start for one in filled}
        meet += sum(end % 2 for end in ends)  # an even place is between two tokens
    tokens = sum(-(-len(text) // 2) for text in texts)
    assert rows["python"].fits["pairs"].crossing_share == pytest.approx(meet / tokens)
    assert meet > 10
    assert rows["perl"].fits["pairs"].crossing_share is None


def test_a_vocabulary_that_changes_the_text_has_no_lexemes(corpus):
    fit = by_language(corpus, {"trimming": Trimming()})["python"].fits["trimming"]
    assert fit.tokens > 0
    assert fit.crossing_share is None


def test_of_a_language_no_more_than_the_limit_is_read(corpus):
    sizes = [
        len(d.content.encode()) for d in documents(corpus, "held_out") if d.language == "python"
    ]
    rows = by_language(corpus, {"pairs": Pairs()}, limit=min(sizes))
    assert rows["python"].bytes == min(sizes)
    with pytest.raises(CorpusError, match="holds out no file that is small enough"):
        compare(corpus, {"pairs": Pairs()}, limit=1)
