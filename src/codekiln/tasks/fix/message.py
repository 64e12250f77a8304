"""What a compiler, an interpreter or a test says, as the prompt shows it: the same in training and in use.

What depends on the machine or the moment goes (folders, addresses, durations), and so do the frames of
the programs that ran the tests. Of a long message what matters stays: a compiler's first error, a
traceback's end.
"""

import re

LINES = 16
LONGEST = 240  # characters a line
SHOWN = 3  # lines of a long message's beginning; the rest is its end
MORE = "…"

# Of absolute paths the file's name stays, and "./" goes; a path inside of code is left as it is.
_FOLDER = re.compile(
    r"""(?:(?<=File ")|(?<![^\s(]))(?:(?:[A-Za-z]:)?[\\/](?:[^\s"'\\/:]+[\\/])*|\./)(?=[\w.+-]+\.\w)"""
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}")
_FRAME = re.compile(r'^ *File "(?P<file>[^"]+)", line \d+.*\n(?:^ {4,}.*\n)*', re.MULTILINE)
_RUNNER = re.compile(
    r"<frozen|\bunittest[\\/]|\bdoctest\.py|\bimportlib[\\/]|\b_pytest[\\/]|\brunpy\.py"
)
_IDLE = re.compile(
    r"^(?:[=*-]{10,}|[.EFsx]{1,80}|Ran \d+ tests? in .*|FAILED \(.*\)|\d+ (?:errors?|warnings?)\b.*|"
    r"(?:error: )?aborting due to .*|compilation terminated\.|Node\.js v[\d.]+|\s+at .*node:.*|"
    r"# command-line-arguments|\*\*\*Test Failed\*\*\*.*|.*\d+ of +\d+ in .*|\d+ items? had failures:)?$"
)
_SOURCE = re.compile(r"(?:line |:)(\d+)")


def cleaned(message: str) -> str:
    """The message in at most `LINES` lines, each with its line feed; the same if it is cleaned again."""
    text = _FRAME.sub(_without_runner, message.replace("\r\n", "\n").rstrip("\n") + "\n")
    text = _ADDRESS.sub("0x…", _FOLDER.sub("", text))
    lines = [line.rstrip()[:LONGEST] for line in text.split("\n")]
    lines = [line for line in lines if not _IDLE.match(line)]
    if len(lines) > LINES:
        lines = _shortened(lines)
    return "".join(f"{line}\n" for line in lines)


def focus(message: str, file: str, lines: int) -> int:
    """The line of a file that a message is about: the last it names with the file's name, or at all.

    The middle of the file where it names none.
    """
    near = [line for line in message.split("\n") if file and file in line]
    for candidates in (near, [message]):
        found = [int(digits) for line in candidates for digits in _SOURCE.findall(line)[:1]]
        fitting = [number for number in found if 1 <= number <= lines]
        if fitting:
            return fitting[-1] if "Traceback" in message else fitting[0]
    return max(1, lines // 2)


def _without_runner(frame: re.Match[str]) -> str:
    return "" if _RUNNER.search(frame["file"]) else frame[0]


def _shortened(lines: list[str]) -> list[str]:
    if any(line.startswith("Traceback") for line in lines):
        return [*lines[:SHOWN], MORE, *lines[SHOWN + 1 - LINES :]]
    return lines[:LINES]
