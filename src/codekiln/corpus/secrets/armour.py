"""Private keys between BEGIN and END lines (RFC 7468; RFC 4880, section 6.2), however code holds them.

So are those of SSH2 (with four dashes, as in RFC 4716) and, between `Private-Lines` and
`Private-MAC`, those of PuTTY (its manual, appendix C). The two lines stay and the body goes. Pieces
in a row become one placeholder; where quotes or signs stand between them these stay, so a key over
twenty literals leaves twenty literals, most of them empty, and what could be parsed still can.
"""

import re
from collections.abc import Iterator

from codekiln.corpus.secrets.excerpt import Excerpt
from codekiln.corpus.secrets.finding import Finding
from codekiln.corpus.secrets.randomness import entropy

KIND, RANK = "PRIVATE_KEY", -1
MAX_BODY = 40_000  # characters; an RSA key of 16384 bits takes 13,000
MIN_FIRST = 40  # a body's first line is full: 64, 70 or 76
MIN_ENTROPY = 3.5  # bits a character; "AAAA…" and "xxxx…" are nobody's key

_BLANK = r"(?:[ +]|%20)"
_HINT = re.compile("PRIVATE")
_BEGIN = re.compile(
    rf"-----BEGIN{_BLANK}(?:[A-Z0-9]++{_BLANK}){{0,3}}PRIVATE{_BLANK}KEY(?:{_BLANK}BLOCK)?-----"
    r"|---- BEGIN SSH2 (?:ENCRYPTED )?PRIVATE KEY ----"
)
_PUTTY = re.compile(r"Private-Lines: \d{1,4}")
_END = re.compile(r"-----?[ ]?(?:END|BEGIN)|Private-(?:MAC|Hash|Lines)")
# Ends of lines: in a string, in XML, in an address.
_ESCAPE = re.compile(r"(?<!\\)\\++[nrt]|&#(?:1[03]|[xX]0?[AaDd]);|%0[AaDd]")
_SLASHES = re.compile(r"(?<=\n)[ \t]*//")
_DIGIT = r"(?:[A-Za-z0-9+/=]|\\/|%(?:2[BFbf]|3[Dd]))"
_LINE = rf"(?:{_DIGIT}{{60,76}}+ (?=[A-Za-z0-9+/=\\]{{4}}))"  # of a key in one line
_BASE64 = rf"(?P<piece>(?=[+/=\\%]*[A-Za-z0-9]){_LINE}*+{_DIGIT}{{4,}}+)"
_BEFORE = r"(?:[\s\"'`#*|.;>!-]|%(?![23][A-Fa-f])|[/+]++(?=[\s\"'`*]))*+"
_AFTER = r"[\s\"'`+,;.&|)\]\\]*\Z"
_ALONE = re.compile(rf"{_BEFORE}{_BASE64}{_AFTER}")
_QUOTED = re.compile(rf"[\"'`]{_BASE64}\s*+(?:[\"'`]|\Z)")
_SKIPPED = re.compile(rf"[\s\"'`#/*+]*+(?:[A-Z][\w-]{{2,20}}: .*)?{_AFTER}")
_GLUE = re.compile(r"[\s#*]*\Z")


def find_armoured(text: str, near: Excerpt) -> Iterator[Finding]:
    """The bodies of private keys. A body in several pieces is one finding and more `again`."""
    for begin in _begins(text, near):
        place = begin.end()
        end = _END.search(text, place, place + MAX_BODY)
        body = text[place : end.start() if end else place + MAX_BODY]
        if text.endswith("//", 0, begin.start()):
            body = _SLASHES.sub(_as_blanks, body)
        body = _ESCAPE.sub(_as_line_end, body)
        for nth, (start, stop) in enumerate(_joined(body, _pieces(body))):
            yield Finding(place + start, place + stop, KIND, RANK, again=nth > 0)


def _begins(text: str, near: Excerpt) -> Iterator[re.Match[str]]:
    if _HINT.search(text):
        yield from _BEGIN.finditer(text)
    if "Private-Lines" in near.text:
        yield from _PUTTY.finditer(text)


def _as_blanks(mark: re.Match[str]) -> str:
    return " " * len(mark[0])


def _as_line_end(escape: re.Match[str]) -> str:
    return " " * (len(escape[0]) - 1) + "\n"


def _pieces(body: str) -> Iterator[tuple[int, int]]:
    """The spans of base64, line by line; short ones count from a long one to a line without any."""
    place, begun = 0, False
    for line in body.split("\n"):
        alone = _ALONE.match(line)
        matches = [alone] if alone else list(_QUOTED.finditer(line))
        for match in matches:
            if begun or _is_first(match["piece"]):
                begun = True
                yield place + match.start("piece"), place + match.end("piece")
        begun = begun and bool(matches or _SKIPPED.match(line))
        place += len(line) + 1


def _is_first(piece: str) -> bool:
    return len(piece) >= MIN_FIRST and entropy(piece) >= MIN_ENTROPY


def _joined(body: str, pieces: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with those in a row made one, line ends and comment marks between them included."""
    spans: list[tuple[int, int]] = []
    for start, stop in pieces:
        if spans and _GLUE.match(body, spans[-1][1], start):
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return spans
