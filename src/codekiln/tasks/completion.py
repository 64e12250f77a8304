"""Completion: the prompt that asks for the text between a prefix and a suffix.

The layouts themselves are `inputs.formats`, which training uses too. What is decided here is what
stays when a file is larger than the prompt may be. The prefix may end inside a word: training cuts
the spans for fill-in-the-middle at any character, so the model has seen such ends.
"""

from dataclasses import replace

from codekiln.errors import UsageError
from codekiln.inputs.formats import FIM_TOKENS, Header, fill_in_the_middle, header_ids, prompt_order
from codekiln.tokenizer import Tokenizer

# Text beyond this many characters a token of room is not looked at: a large file costs nothing.
CHARACTERS_PER_TOKEN = 16
HEADER_SHARE = 2  # the header may take at most one half of the prompt
SUFFIX_SHARE = 4  # the suffix, at most one quarter of what the header leaves


def completion_prompt(
    tokenizer: Tokenizer, prefix: str, suffix: str, header: Header, budget: int
) -> list[int]:
    """At most `budget` ids: plain header and prefix, or fill-in-the-middle if there is a suffix.

    A suffix of white space counts as none, and so does any that the model cannot be told. The prefix
    keeps its end and the suffix its beginning, cut between tokens; the suffix gets a quarter of the
    room, and what one of them does not need, the other gets. A header that is too long loses the
    path first, then the repository, then all.

    Raises:
        UsageError: `budget` is below 1.
    """
    if budget < 1:
        raise UsageError(f"The prompt may have {budget} tokens, but needs 1: use fewer max_tokens.")
    opening = _opening(tokenizer, header, budget)
    room = budget - len(opening)
    order = prompt_order(tokenizer)
    if order is None or not suffix.strip() or room <= FIM_TOKENS:
        return opening + _end(tokenizer, prefix, room)
    before, after = _both_sides(tokenizer, prefix, suffix, room - FIM_TOKENS)
    return opening + fill_in_the_middle(tokenizer, before, [], after, order)


def _opening(tokenizer: Tokenizer, header: Header, budget: int) -> list[int]:
    no_path = replace(header, path="")
    for shorter in (header, no_path, replace(no_path, repository="")):
        ids = header_ids(tokenizer, shorter)
        if len(ids) <= budget // HEADER_SHARE:
            return ids
    return [tokenizer.opening]


def _both_sides(
    tokenizer: Tokenizer, prefix: str, suffix: str, room: int
) -> tuple[list[int], list[int]]:
    before = _end(tokenizer, prefix, room)
    after = _beginning(tokenizer, suffix, max(room // SUFFIX_SHARE, room - len(before)))
    return _last(before, room - len(after)), after


def _end(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    return _last(tokenizer.encode(text[-max(room, 1) * CHARACTERS_PER_TOKEN :]), room)


def _beginning(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    return tokenizer.encode(text[: room * CHARACTERS_PER_TOKEN])[:room]


def _last(ids: list[int], count: int) -> list[int]:
    return ids[max(len(ids) - count, 0) :]
