"""Names whose values everybody may see, though they speak of secrets: `public_key`, `tokenHash`."""

import re

from codekiln.corpus.secrets.exempt import any_of

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")
_PUBLIC = re.compile(
    rf"(?:\A|_)(?:(?:{any_of('public')})(?:_|\d|\Z)|(?:{any_of('public_end')})s?_?\d*_?\Z)"
)
_PUBLIC_REST = re.compile(rf"(?:\A|_)(?:{any_of('public_rest')})(?:e?s)?_?\d*_?\Z")
_NO_PASS = re.compile(rf"(?i:{any_of('pass_words')})\Z")  # `bypass`
_VERB = re.compile(
    r"(?i)pass (?!s?[_.-]?(?:word|phrase))[\w.-]*[a-rt-z]"
)  # `pass_context`, `passValue`


def is_public(name: str, rest: str) -> bool:
    """Whether a name shows that its value is no secret: up to the secret word, and its `rest`.

    >>> is_public("access_token", "Hash"), is_public("compass", ""), is_public("hash_token", "")
    (True, True, False)
    """
    return bool(
        _PUBLIC.search(_parts(name + rest))
        or _PUBLIC_REST.search(_parts(rest))
        or _NO_PASS.search(name)
        or _VERB.search(f"{name} {rest}")
    )


def _parts(name: str) -> str:
    return _BETWEEN.sub("_", _HUMP.sub("_", name)).lower()
