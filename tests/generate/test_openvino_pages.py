"""The table of pages against plain lists of tokens in a pool that is a plain list too."""

import random

from codekiln.generate.openvino.pages import PAGE, PageTable


class Pool:
    """Writes tokens where the table says, and reads rows back."""

    def __init__(self, rows):
        self.table, self.pages, self.length = PageTable(), {}, 0
        self.table.clear(rows)

    def write(self, tokens):
        """`tokens` has those of each row."""
        n = len(tokens[0])
        for source, target in self.table.extend(self.length, n):
            self.pages[target] = dict(self.pages[source])
        for row, new in zip(self.table.rows, tokens, strict=True):
            for place, token in enumerate(new, start=self.length):
                self.pages.setdefault(row[place // PAGE], {})[place % PAGE] = token
        self.length += n

    def rows(self):
        return [
            [self.pages[row[place // PAGE]][place % PAGE] for place in range(self.length)]
            for row in self.table.rows
        ]


def test_any_history_leaves_every_row_its_own_tokens():
    rng = random.Random(0)
    pool, wanted = Pool(2), [[], []]
    for token in range(500):
        action = rng.randrange(3)
        if action == 0:
            parents = [rng.randrange(len(wanted)) for _ in range(rng.randrange(1, 6))]
            pool.table.fork(parents)
            wanted = [list(wanted[parent]) for parent in parents]
        elif action == 1:
            pool.length = rng.randrange(max(0, pool.length - 80), pool.length + 1)
            wanted = [row[: pool.length] for row in wanted]
        n = rng.choice([1, 8, 40])
        new = [[(token, row, place) for place in range(n)] for row in range(len(wanted))]
        pool.write(new)
        wanted = [row + more for row, more in zip(wanted, new, strict=True)]
        assert pool.rows() == wanted


def test_pages_are_given_back():
    table = PageTable()
    for _ in range(50):
        table.clear(1)
        table.extend(0, 5 * PAGE)
        table.fork([0] * 4)
        table.extend(3 * PAGE + 1, 1)
        table.fork([0])
    assert table.capacity <= 16


def test_a_fork_shares_pages_until_one_is_written_to():
    table = PageTable()
    table.clear(1)
    table.extend(0, PAGE + 1)
    table.fork([0, 0])
    assert table.rows[0] == table.rows[1]
    copies = table.extend(PAGE + 1, 1)
    assert len(copies) == 1
    assert table.rows[0][0] == table.rows[1][0]
    assert table.rows[0][1] != table.rows[1][1]
