"""Licences named by the address of their text ("https://opensource.org/licenses/MIT").

Names in words are in `notices.py`, which do not see addresses.
"""

import re
from collections.abc import Iterator

from codekiln.corpus.licences.expression import UNKNOWN, normalised
from codekiln.corpus.licences.names import expression_of

_ADDRESS = re.compile(r"https?://(?:www\.)?([\w./%+-]{5,200})")
_EXTENSION = re.compile(r"(?:\.(?:html?|txt|php|en|md))+\Z")
# Where public sites keep the texts of licences; what follows names one.
_NAMED = re.compile(
    r"(?:gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?|spdx\.org/licenses/|choosealicense\.com/licenses/"
    r"|opensource\.org/licenses?/|apache\.org/licenses/|mozilla\.org/(?:[a-z]{2}-[A-Z]{2}/)?(?=MPL)"
    r"|eclipse\.org/(?:org/documents|legal)/|polyformproject\.org/licenses/)(?P<name>[\w./-]+)",
    re.IGNORECASE,
)
_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>[a-z-]+)|publicdomain/(?P<zero>zero))/(?P<version>\d\.\d)",
    re.IGNORECASE,
)
# What these sites call otherwise than everybody.
_CALLED = {"license-2.0": "Apache-2.0", "license-1.1": "Apache-1.1", "lesser": "LGPL", "epl-v10": "EPL-1.0",
    "epl-v20": "EPL-2.0", "epl-2.0": "EPL-2.0", "edl-v10": "BSD-3-Clause", "copyleft": "GPL"}  # fmt: skip
_OF_NONE = frozenset({"licenses", "alphabetical", "category", "index", "fdl-howto", "gpl-faq", "gpl-howto",
    "why-not-lgpl", "license-list", "why-affero-gpl", "bsd"})  # fmt: skip


def linked(text: str) -> Iterator[str]:
    """The SPDX expressions of the licences whose addresses a text gives.

    >>> list(linked("see https://www.gnu.org/licenses/lgpl-2.1.html"))
    ['LGPL-2.1-only']
    """
    for match in _ADDRESS.finditer(text):
        commons, named = _COMMONS.match(match[1]), _NAMED.match(match[1])
        if commons:
            kind = "CC0" if commons["zero"] else f"CC-{commons['kind']}"
            yield normalised(f"{kind}-{commons['version']}") or UNKNOWN
        elif named:
            name = _EXTENSION.sub("", named["name"].rstrip("./").lower())
            if name not in _OF_NONE:
                yield _licence(name)


def _licence(name: str) -> str:
    return (
        expression_of(_CALLED.get(name, name.removesuffix("-license").replace("/", " "))) or UNKNOWN
    )
