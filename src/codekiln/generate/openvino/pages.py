"""Where keys and values of the tokens lie: every row has a list of pages in one pool (Kwon et al. 2023).

A fork shares its parent's pages, and a page that others have too is copied when it is written to. A
rewind forgets a length and moves nothing.
"""

from collections.abc import Sequence

PAGE = 32  # tokens
AT_ONCE = (
    8  # pages that a pool grows by at least, and by a quarter: a text has hardly more than it needs
)


class PageTable:
    """The pages of each row, numbers in a pool that is at least `capacity` large."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []
        self.capacity = 0
        self._users: list[int] = []  # rows that have each page
        self._free: list[int] = []

    def clear(self, rows: int) -> None:
        """Forget everything; there are `rows` empty rows."""
        self.rows = [[] for _ in range(rows)]
        self._users = [0] * self.capacity
        self._free = list(range(self.capacity))[::-1]

    def fork(self, parents: Sequence[int]) -> None:
        """Row `i` becomes a copy of row `parents[i]`."""
        old, self.rows = self.rows, [list(self.rows[parent]) for parent in parents]
        for page in (page for row in self.rows for page in row):
            self._users[page] += 1
        for row in old:
            self._release(row)

    def cut(self, length: int) -> None:
        """Give back the pages that no token before `length` needs."""
        needed = -(-length // PAGE)
        for row in self.rows:
            self._release(row[needed:])
            del row[needed:]

    def extend(self, length: int, n: int) -> list[tuple[int, int]]:
        """Make room behind `length` tokens for `n` more in each row; `n` is at least 1.

        Returns which pages (first) are to be copied to which (second).
        """
        self.cut(length)
        copies = []
        needed = -(-(length + n) // PAGE)
        for row in self.rows:
            if length % PAGE and self._users[row[-1]] > 1:
                shared, row[-1] = row[-1], self._take()
                self._users[shared] -= 1
                copies.append((shared, row[-1]))
            row.extend(self._take() for _ in range(needed - len(row)))
        return copies

    def _take(self) -> int:
        if not self._free:
            more = max(AT_ONCE, self.capacity // 4)
            self._free = list(range(self.capacity, self.capacity + more))[::-1]
            self._users += [0] * more
            self.capacity += more
        page = self._free.pop()
        self._users[page] = 1
        return page

    def _release(self, pages: Sequence[int]) -> None:
        for page in pages:
            self._users[page] -= 1
            if not self._users[page]:
                self._free.append(page)
