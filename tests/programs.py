"""Short programs that parse, with few lines twice, to be cut at any place."""

PROGRAMS = {
    "python": '''import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Where something stands:
and how long it is.
"""

    start: int
    end: int = 0

    def width(self, *, unit: str = "bytes") -> int:
        if unit == "bytes":
            return self.end - self.start
        elif unit == "rows":
            raise ValueError(f"no {unit}")
        return {"bits": 8, "nibbles": 2}[unit] * (self.end - self.start)


def spans(text, pattern=r"\\w+"):
    # it's a comment (with a bracket
    for match in re.finditer(pattern, text):
        try:
            yield Span(
                match.start(), match.end(),
            )
        except ValueError as error:
            print("never", error, [text[0:2], 1])
    else:
        total = 1 + \\
            2


if __name__ == "__main__":
    print(*spans("a (b) 'c'"))
''',
    "javascript": """import { open } from "node:fs";

export class Queue {
  constructor(limit = 8) {
    this.items = [];
    this.limit = limit;
  }

  async push(item) {
    if (this.items.length >= this.limit) {
      throw new Error(`full: ${this.limit}`);
    } else if (item === null) return;
    this.items.push({ item, at: Date.now() });
  }
}

const sum = (first, ...rest) => rest.reduce((a, b) => a + b, first);
for (const value of [1, 2, 3]) {
  console.log(sum(value, 4), /[(]x/.test("y")); // it's odd (
}
open("file", (error) => {
  switch (error) {
    case undefined:
      break;
    default:
      sum(5);
  }
});
""",
    "java": """package demo;

import java.util.List;

/** A box (with a bracket. */
public class Box<T extends Comparable<T>> {
    private final List<T> items;

    public Box(List<T> items) {
        this.items = items;
    }

    public int count(T least) {
        int found = 0;
        for (T item : items) {
            if (item.compareTo(least) >= 0 && !item.equals(null)) {
                found++;
            }
        }
        return found * (items.isEmpty() ? 0 : 1);
    }
}
""",
    "c": """#include <stddef.h>

struct point {
    int x, y;
};

static int area(const struct point *points, size_t count)
{
    int total = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        total += points[i].x * points[i + 1].y;
    }
    return total / 2; /* it's half ( */
}
""",
    "go": """package demo

import "fmt"

type Counter struct {
	names map[string]int
}

func (c *Counter) Add(name string) error {
	if name == "" {
		return fmt.Errorf("no name: %q", name)
	}
	c.names[name]++
	for key, value := range c.names {
		fmt.Println(key, value)
	}
	return nil
}
""",
    "rust": """use std::fmt;

pub struct Stack<T> {
    items: Vec<T>,
}

impl<T: fmt::Debug> Stack<T> {
    pub fn pop(&mut self) -> Option<T> {
        match self.items.len() {
            0 => None,
            n if n > 9 => panic!("too many: {}", n),
            _ => self.items.pop(),
        }
    }

    fn show<'a>(&'a self, prefix: &'a str) -> String {
        let text = format!("{prefix}{:?}", self.items);
        text
    }
}
""",
}
