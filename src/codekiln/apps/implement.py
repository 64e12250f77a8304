"""From a function that has no body yet to its file with one: asked for as in training, shown if it parses.

What the model reads is the function's excerpt, as `tasks.implement` makes it. What is verified is the
whole file with the answer in it.
"""

import re
from dataclasses import dataclass

from codekiln.errors import UsageError
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.generate.verify import Verified, Verifier
from codekiln.languages import FunctionPlace, Language, function_places
from codekiln.tasks.implement import excerpt

MAX_TOKENS = 300
PROMPT_TOKENS = 1500
# A body that only says that there is none yet.
_UNWRITTEN = re.compile(
    r"pass|\.\.\.|raise NotImplementedError.*|throw new \w*(?:Unsupported|NotImplemented|Error)\w*\(.*"
    r"|(?:todo|unimplemented)!\(.*|panic\(.*|TODO\(.*|[)}\]]*;?|end"
)
_COMMENT = re.compile(r"\s*(?:#|//|--|/?\*).*")
_CLOSING = re.compile(r"[ \t]*(?:\}[;,]?|end)[ \t]*\Z")
_INDENT = re.compile(r"^([ \t]+)[^\s*]", re.MULTILINE)  # lines of block comments begin with a star


@dataclass(frozen=True)
class Implementation:
    """The whole file with the body in it; as it was where there is nothing to show."""

    text: str
    body: str
    verified: Verified


def unwritten_at(language: Language, text: str, line: int) -> FunctionPlace | None:
    """The function that a line, counted from 1, stands in, if its body is still to be written."""
    content = text.encode(errors="replace")
    for place in function_places(language, content):
        first = content.count(b"\n", 0, place.start) + 1
        last = content.count(b"\n", 0, max(place.end, place.body - 1)) + 1
        if first <= line <= last and _is_unwritten(content[place.body : place.end].decode()):
            return place
    return None


def implement(
    completer: Completer,
    text: str,
    line: int,
    language: Language,
    *,
    path: str = "",
    context: str = "",
    verifier: Verifier | None = None,
) -> Implementation:
    """A body for the function at a line, counted from 1; `context` is as in a completion's request.

    Raises:
        UsageError: there is no function there whose body is to be written; and as the completer.
    """
    place = unwritten_at(language, text, line)
    if place is None:
        raise UsageError(
            f"Line {line} is in no {language.name} function without a body: put the cursor on the "
            "signature of one."
        )
    content = text.encode(errors="replace")
    indent = _indent(language, content, place)
    request = CompletionRequest(
        excerpt(language, content, place).prefix + indent,
        path=path,
        language=language.name,
        context=context,
        max_tokens=MAX_TOKENS,
        max_prompt_tokens=PROMPT_TOKENS,
        block=True,
    )
    written = collect(completer, request).text.rstrip()
    before, end = content[: place.body].decode(), _end(content, place)
    before += "" if before.endswith("\n") else "\n"
    is_amid = content[end - 1 : end] != b"\n"  # of a line, whose end follows
    behind = ("" if is_amid else "\n") + content[end:].decode()
    judge = verifier or Verifier()
    found = judge.verify(before + indent, written, behind, language)
    if not found.text.strip():
        return Implementation(text, "", found)
    body = indent + found.text
    return Implementation(before + body + behind, body, found)


def _is_unwritten(body: str) -> bool:
    lines = [line.strip() for line in body.split("\n")]
    return all(_UNWRITTEN.fullmatch(line) for line in lines if not _COMMENT.fullmatch(line))


def _end(content: bytes, place: FunctionPlace) -> int:
    """The end of what the body replaces: in front of the line that closes the function."""
    if place.end <= place.body:
        return place.body
    start = content.rfind(b"\n", place.body, place.end) + 1 or place.body
    last = content[start : place.end].decode(errors="replace")
    return start if _CLOSING.fullmatch(last) else place.end


def _indent(language: Language, content: bytes, place: FunctionPlace) -> str:
    """The margin of the body: that of what stands there, or one step more than the signature's."""
    body = content[place.body : _end(content, place)].decode(errors="replace")
    if written := _INDENT.search(body):
        return written[1]
    first = content.rfind(b"\n", 0, place.start) + 1
    margin = content[first : place.start].decode(errors="replace")
    steps = _INDENT.findall(content.decode(errors="replace"))
    step = min((one.replace("\t", " " * 8) for one in steps), key=len, default=" " * 4)
    is_tabbed = any(one.startswith("\t") for one in steps) or language.name == "go"
    return margin + ("\t" if is_tabbed else step)
