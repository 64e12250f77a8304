"""`SPDX-License-Identifier:` tags, wherever one may stand: in the comments at the head of a file.

Headers without a tag are read in `header.py`.
"""

import re

from codekiln.corpus.licences.expression import joined
from codekiln.corpus.licences.names import stated

_LINES = 60
# Comment marks may stand before a tag, no words and no quote: a string that holds one is no tag.
_TAG = re.compile(
    r"^[^\w\n]*(?:(?:dnl|rem|@license)\s+)?(?<![\"'`])SPDX-License-Identifier:[ \t]*"
    r"([(A-Za-z0-9][\w.+:/() \t-]*)",
    re.IGNORECASE | re.MULTILINE,
)


def tagged(text: str) -> str:
    """The SPDX expression of the tags in the first 60 lines, `""` if there is none.

    All tags hold. What is no SPDX expression makes it one that no list permits.

    >>> tagged("/* SPDX-License-Identifier: GPL-2.0+ */")
    'GPL-2.0-or-later'
    """
    if "SPDX-" not in text:
        return ""
    head = "\n".join(text.split("\n", _LINES)[:_LINES])
    return joined("AND", [stated(tag[1].rstrip(" \t-:/")) for tag in _TAG.finditer(head)])
