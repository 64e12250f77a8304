"""Short licences as they are usually written, and what may be done to a text that changes no term.

The longer ones are read from the package: what a test asks of them is what is made of them.
"""

import json
import lzma
import re
import textwrap
from collections.abc import Callable
from functools import cache
from importlib import resources

_WARRANTY = (
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT '
    "NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND "
    "NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, "
    "DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, "
    "OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."
)
_DISCLAIMER = (
    'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR '
    "IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND "
    "FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR "
    "CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL "
    "DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, "
    "DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, "
    "WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY "
    "WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."
)
_ISC_WARRANTY = (
    'THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS '
    "SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE "
    "AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES "
    "WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, "
    "NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE "
    "OF THIS SOFTWARE."
)
_REDISTRIBUTION = (
    "Redistribution and use in source and binary forms, with or without modification, are permitted "
    "provided that the following conditions are met:"
)
_SOURCE = (
    "1. Redistributions of source code must retain the above copyright notice, this list of conditions "
    "and the following disclaimer."
)
_BINARY = (
    "2. Redistributions in binary form must reproduce the above copyright notice, this list of "
    "conditions and the following disclaimer in the documentation and/or other materials provided with "
    "the distribution."
)
_ENDORSE = (
    "Neither the name of the copyright holder nor the names of its contributors may be used to endorse "
    "or promote products derived from this software without specific prior written permission."
)
_ADVERTISING = (
    "3. All advertising materials mentioning features or use of this software must display the "
    "following acknowledgement: This product includes software developed by the organization."
)
HOLDER = "Copyright (c) 2019 Ann Example <ann@example.org>"

MIT = "\n\n".join(
    [
        "MIT License",
        HOLDER,
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and "
        'associated documentation files (the "Software"), to deal in the Software without restriction, '
        "including without limitation the rights to use, copy, modify, merge, publish, distribute, "
        "sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is "
        "furnished to do so, subject to the following conditions:",
        "The above copyright notice and this permission notice shall be included in all copies or "
        "substantial portions of the Software.",
        _WARRANTY,
    ]
)
ISC = "\n\n".join(
    [
        HOLDER,
        "Permission to use, copy, modify, and/or distribute this software for any purpose with or without "
        "fee is hereby granted, provided that the above copyright notice and this permission notice "
        "appear in all copies.",
        _ISC_WARRANTY,
    ]
)
ZERO_BSD = "\n\n".join(
    [
        HOLDER,
        "Permission to use, copy, modify, and/or distribute this software for any purpose with or without "
        "fee is hereby granted.",
        _ISC_WARRANTY,
    ]
)
BSD_2 = "\n\n".join([HOLDER, _REDISTRIBUTION, _SOURCE, _BINARY, _DISCLAIMER])
BSD_3 = "\n\n".join([HOLDER, _REDISTRIBUTION, _SOURCE, _BINARY, "3. " + _ENDORSE, _DISCLAIMER])
BSD_4 = "\n\n".join(
    [HOLDER, _REDISTRIBUTION, _SOURCE, _BINARY, _ADVERTISING, "4. " + _ENDORSE, _DISCLAIMER]
)
SHORT = {
    "MIT": MIT,
    "ISC": ISC,
    "0BSD": ZERO_BSD,
    "BSD-2-Clause": BSD_2,
    "BSD-3-Clause": BSD_3,
    "BSD-4-Clause": BSD_4,
}
LONG = ["Apache-2.0", "MPL-2.0", "GPL-2.0-only", "GPL-3.0-only", "LGPL-2.1-only", "AGPL-3.0-only",
    "EPL-2.0", "Unlicense", "Zlib", "BSL-1.0", "CC0-1.0", "Python-2.0"]  # fmt: skip


@cache
def _package() -> dict[str, str]:
    packed = resources.files("codekiln.corpus.licences").joinpath("texts.json.xz").read_bytes()
    texts: dict[str, str] = json.loads(lzma.decompress(packed))
    return texts


def text_of(identifier: str) -> str:
    """The text of a licence."""
    return SHORT.get(identifier) or _package()[identifier]


def _rewrapped(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(textwrap.fill(" ".join(part.split()), 57) for part in paragraphs)


def _bulleted(text: str) -> str:
    return re.sub(r"(?m)^[ \t]*(?:\d\.|\([a-z]\))[ \t]", " * ", text)


CHANGES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "rewrapped": _rewrapped,
    "of another": lambda text: text.replace(HOLDER, "© 1998-2024, The Foo Project, Inc.\n(C) Bar"),
    "bulleted": _bulleted,
    "with carriage returns": lambda text: text.replace("\n", "\r\n"),
    "indented": lambda text: textwrap.indent(text, "    "),
    "in capitals": str.upper,
    "with a title": lambda text: "LICENSE\n=======\n\nThe licence of foo.\n\n" + text,
}
