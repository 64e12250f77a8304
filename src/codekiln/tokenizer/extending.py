"""Another model's tokenizer with control tokens that it lacked."""

from collections.abc import Sequence

import tokenizers
from tokenizers import AddedToken

from codekiln.errors import UsageError
from codekiln.tokenizer.bpe import Tokenizer
from codekiln.tokenizer.control import SPELLINGS


def extend(tokenizer: Tokenizer, tokens: Sequence[str]) -> tuple[Tokenizer, list[int]]:
    """The same with those of `tokens` that it lacks, behind all ids there are; and their ids, in order.

    Text has the same ids as before: the strings of control are characters in it.

    Raises:
        UsageError: a token is none of the special ones that other models can have.
    """
    unknown = next((token for token in tokens if token not in SPELLINGS), None)
    if unknown is not None:
        raise UsageError(f"{unknown} is no token to add: known are {', '.join(SPELLINGS)}.")
    missing = [token for token in tokens if not tokenizer.knows(token)]
    if not missing:
        return tokenizer, []
    inner = tokenizers.Tokenizer.from_str(tokenizer.definition)
    inner.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in missing]
    )
    longer = Tokenizer(inner.to_str(), tokenizer.settings)
    return longer, [longer.special(token) for token in missing]
