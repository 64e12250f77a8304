"""Rules about a file's bytes: is it text at all."""

import codecs

from codekiln.corpus.filters.candidate import KEEP, Candidate, Rules, Verdict, reject

LFS_HEAD, LFS_BYTES = b"version https://git-lfs.github.com/spec/v1", 1024
# UTF-32's marks begin with those of UTF-16.
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def lfs_pointer(candidate: Candidate, _rules: Rules) -> Verdict:
    """A pointer left in place of a large file (Git LFS specification, "The Pointer")."""
    is_pointer = len(candidate.raw) < LFS_BYTES and candidate.raw.startswith(LFS_HEAD)
    return reject("lfs-pointer") if is_pointer else KEEP


def binary(candidate: Candidate, _rules: Rules) -> Verdict:
    """A NUL byte makes a file binary (git's own rule, and The Stack's); so is UTF-16 or UTF-32."""
    place = candidate.raw.find(b"\0")
    if place < 0:
        return KEEP
    wide = " of UTF-16 or UTF-32" if candidate.raw.startswith(_WIDE) else ""
    return reject("binary", f"a NUL byte at offset {place}{wide}")


def encoding(candidate: Candidate, _rules: Rules) -> Verdict:
    """Only UTF-8, as in OpenCoder (appendix A): guessing an encoding can spoil text unseen."""
    try:
        candidate.raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return reject("not-utf8", f"byte 0x{candidate.raw[error.start]:02x} at {error.start}")
    return KEEP
