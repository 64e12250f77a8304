"""The layouts of a sequence: header, plain text, fill-in-the-middle. Training and use both call this.

    plain   <|endoftext|> HEADER text                                               [<|endoftext|> next]
    PSM     <|endoftext|> HEADER <fim_prefix> prefix <fim_suffix> suffix <fim_middle> middle
    SPM     <|endoftext|> HEADER <fim_prefix> <fim_suffix> suffix <fim_middle> prefix middle
    HEADER  [<reponame> repository] [<filename> path] [<language> language] [DOMAINS] newline, or nothing
    DOMAINS <domain:web> …, a token for each, in the order of `corpus.domains`

    pair    <|endoftext|> first <sep> second <|endoftext|>     what an encoder reads, padded to its row
    alone   <|endoftext|> text <|endoftext|>

`<|endoftext|>` opens every document, and the next one's closes it: a model that has finished a file
or a middle therefore predicts it. PSM and SPM are those of Bavarian et al. 2022 (§3, appendix D).
Another model's tokenizer has its own opening and no header, and such a model knows PSM if any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codekiln.errors import UsageError
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import (
    DOMAIN_TOKENS,
    FILE,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    LANGUAGE,
    PADDING,
    REPOSITORY,
    SEPARATOR,
)

Order = Literal["psm", "spm"]
FIM_TOKENS = 3
PAIR_TOKENS, ALONE_TOKENS = 3, 2  # control in what an encoder reads
DOCUMENTATION = 64  # ids of a row that are a function's documentation; the function is behind them


@dataclass(frozen=True)
class Header:
    """What is known of a file besides its text; an empty field is left out.

    Raises:
        UsageError: one of `domains` is none of ours.
    """

    repository: str = ""
    path: str = ""
    language: str = ""
    domains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for domain in self.domains:
            if domain not in DOMAIN_TOKENS:
                known = ", ".join(DOMAIN_TOKENS)
                raise UsageError(f"'{domain}' is no domain of code: known are {known}.")


def header_ids(tokenizer: Tokenizer, header: Header) -> list[int]:
    """The opening `<|endoftext|>` and the header's fields; another model's opening alone."""
    ids = [tokenizer.opening]
    if not tokenizer.native:
        return ids
    fields = ((REPOSITORY, header.repository), (FILE, header.path), (LANGUAGE, header.language))
    for token, text in fields:
        if text:
            ids += [tokenizer.special(token), *tokenizer.encode(text)]
    ids += [
        tokenizer.special(token)
        for domain, token in DOMAIN_TOKENS.items()
        if domain in header.domains
    ]
    return ids if len(ids) == 1 else [*ids, *tokenizer.encode("\n")]


def prompt_order(tokenizer: Tokenizer) -> Order | None:
    """In which order a model with this tokenizer is best asked for a middle; None where it knows none.

    Ours has learned both, and where the answer follows right behind the prefix a small model gave the
    author's text more often (docs/log.md).
    """
    if tokenizer.native:
        return "spm"
    fills = all(tokenizer.knows(token) for token in (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE))
    return "psm" if fills else None


def fill_in_the_middle(
    tokenizer: Tokenizer, prefix: list[int], middle: list[int], suffix: list[int], order: Order
) -> list[int]:
    """One training example without its header; with an empty `middle` it is the prompt in use."""
    first, second, third = (tokenizer.special(t) for t in (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE))
    if order == "psm":
        return [first, *prefix, second, *suffix, third, *middle]
    return [first, second, *suffix, third, *prefix, *middle]


def segment_pair(
    tokenizer: Tokenizer, first: Sequence[int], second: Sequence[int], length: int
) -> list[int]:
    """Two segments in a row of `length` ids; each may have half of what the control leaves."""
    size = (length - PAIR_TOKENS) // 2
    separator = tokenizer.special(SEPARATOR)
    return _padded(tokenizer, [*first[:size], separator, *second[:size]], length)


def segment_alone(tokenizer: Tokenizer, ids: Sequence[int], length: int) -> list[int]:
    """One text in a row of `length` ids, cut to fit."""
    return _padded(tokenizer, list(ids[: length - ALONE_TOKENS]), length)


def _padded(tokenizer: Tokenizer, ids: list[int], length: int) -> list[int]:
    row = [tokenizer.end, *ids, tokenizer.end]
    return row + [tokenizer.special(PADDING)] * (length - len(row))
