"""In which style a documentation is written, by what only that style has; and in which script."""

import re
from collections.abc import Mapping

_SECTION = (
    r"(?:Args|Arguments|Parameters|Params|Returns?|Raises|Yields|Attributes|Examples?|参数|返回值?)"
)
_PYTHON: Mapping[str, re.Pattern[str]] = {
    "numpy": re.compile(rf"^{_SECTION}[ \t]*\n-{{3,}}", re.MULTILINE),
    "google": re.compile(rf"^{_SECTION}[ \t]*[:：][ \t]*\n?", re.MULTILINE),
    "rest": re.compile(
        r"^[ \t]*:(?:param|parameter|arg|type|returns?|rtype|raises?)\b", re.MULTILINE
    ),
    "epytext": re.compile(r"^[ \t]*@(?:param|type|return|rtype|raise)\b", re.MULTILINE),
}
_BLOCKS = {"java": "javadoc", "javascript": "jsdoc", "typescript": "jsdoc", "tsx": "jsdoc"}
_LINES = {"go": "go-comment", "rust": "rustdoc"}
_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3400-\u4dbf\u4e00-\u9fff][^\W\u3400-\u4dbf\u4e00-\u9fff]*"
)
# Of the words, where each character is one: names of parameters stay in Latin letters.
CHINESE = 0.2


def style_of(language: str, documentation: str, written: str = "") -> str:
    r"""`pep257`, `google`, `numpy`, `rest` or `epytext` for Python; else the language's own, or `comment`.

    `written` is what the documentation stands in, with its marks.

    >>> style_of("python", "Add.\n\nArgs:\n    x: a number"), style_of("go", "Add adds.")
    ('google', 'go-comment')
    """
    if language != "python":
        in_block = _BLOCKS.get(language) if "/**" in written else None
        return in_block or _LINES.get(language, "comment")
    found = (name for name, pattern in _PYTHON.items() if pattern.search(documentation))
    return next(found, "pep257")


def words(text: str) -> list[str]:
    """The words of a text; a Chinese character is one.

    >>> words("Return the sum."), words("返回 x 的和")
    (['Return', 'the', 'sum'], ['返', '回', 'x', '的', '和'])
    """
    return _WORD.findall(text)


def is_chinese(text: str) -> bool:
    """Whether a documentation is written in Chinese."""
    found = words(text)
    return bool(found) and len(_IDEOGRAPH.findall(text)) >= CHINESE * len(found)
