"""The layouts of a sequence: header, plain text, fill-in-the-middle. Training and use both call this.

    plain   <|endoftext|> HEADER text                                               [<|endoftext|> next]
    PSM     <|endoftext|> HEADER <fim_prefix> prefix <fim_suffix> suffix <fim_middle> middle
    SPM     <|endoftext|> HEADER <fim_prefix> <fim_suffix> suffix <fim_middle> prefix middle
    HEADER  [<reponame> repository] [<filename> path] [<language> language] newline, or nothing

`<|endoftext|>` opens every document, and the next one's closes it: a model that has finished a file
or a middle therefore predicts it. PSM and SPM are those of Bavarian et al. 2022 (§3, appendix D).
"""

from dataclasses import dataclass
from typing import Literal

from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import (
    FILE,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    LANGUAGE,
    REPOSITORY,
)

Order = Literal["psm", "spm"]
FIM_TOKENS = 3


@dataclass(frozen=True)
class Header:
    """What is known of a file besides its text; an empty field is left out."""

    repository: str = ""
    path: str = ""
    language: str = ""


def header_ids(tokenizer: Tokenizer, header: Header) -> list[int]:
    """The opening `<|endoftext|>` and the header's fields."""
    ids = [tokenizer.end]
    fields = ((REPOSITORY, header.repository), (FILE, header.path), (LANGUAGE, header.language))
    for token, text in fields:
        if text:
            ids += [tokenizer.special(token), *tokenizer.encode(text)]
    return ids if len(ids) == 1 else [*ids, *tokenizer.encode("\n")]


def fill_in_the_middle(
    tokenizer: Tokenizer, prefix: list[int], middle: list[int], suffix: list[int], order: Order
) -> list[int]:
    """One training example without its header; with an empty `middle` it is the prompt in use."""
    first, second, third = (tokenizer.special(t) for t in (FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE))
    if order == "psm":
        return [first, *prefix, second, *suffix, third, *middle]
    return [first, second, *suffix, third, *prefix, *middle]
