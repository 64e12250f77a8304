"""A user who is nobody else, for one run: chosen at random where no real account lies."""

import secrets
from pathlib import Path

# Ranges that systemd's list of users and groups (UIDS-GIDS.md) marks as unused, the large one first.
LARGE, SMALL = range(0x7000_0000, 0x7100_0000), range(60578, 61184)
MAP = Path("/proc/self/uid_map")


def unused_uid() -> int:
    """A user id with no account. In a container that maps few ids it comes from a small range."""
    import pwd  # Windows has none, and imports this file

    ids = LARGE if _is_mapped(LARGE) else SMALL
    while True:
        uid = secrets.choice(ids)
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid


def _is_mapped(ids: range) -> bool:
    for line in MAP.read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= ids[0] and ids[-1] < first + count:
            return True
    return False
