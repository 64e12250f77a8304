"""Functions to implement: each language and style, what is left out and why, what an excerpt holds."""

from collections import Counter

import pytest

from codekiln.tasks.example import Origin
from codekiln.tasks.implement.mining import MOST, implementations
from codekiln.tasks.implement.styles import is_chinese, style_of, words

PYTHON = '''from __future__ import annotations

import math
import re
from os import path, sep


class Shape:
    """A shape."""


class Circle(Shape):
    """A circle."""

    @property
    def area(self) -> float:
        {quote}{text}{quote}
        if self.r < 0:
            return 0.0

        return math.pi * self.r**2  # of it

    def other(self):
        return path.join(sep)
'''
STYLES = {
    "pep257": "The area of a circle, which is never negative.",
    "google": "The area of it.\n\n        Args:\n            r: the radius\n        ",
    "numpy": "The area of it.\n\n        Returns\n        -------\n        float\n        ",
    "rest": "The area of it.\n\n        :param r: the radius\n        :returns: the area\n        ",
    "epytext": "The area of it.\n\n        @param r: the radius\n        ",
    "pep257, chinese": "返回圆的面积，半径为负时返回零。",
    "google, chinese": "计算圆的面积。\n\n        参数:\n            r: 圆的半径\n        ",
    "rest, chinese": "计算圆的面积。\n\n        :param r: 圆的半径\n        ",
}
OTHERS = {
    ("java", "javadoc"): """package a.b;

import java.util.List;
import java.util.Map;

public class Sum extends Base {
    /**
     * Adds up all of the numbers.
     * @param numbers what to add
     */
    @Override
    public int sum(List<Integer> numbers) {
        int total = 0;
        for (int each : numbers) { total += each; }
        return total;
    }
}
""",
    ("javascript", "jsdoc"): """import { max } from './numbers.js';
import other from 'other';

/**
 * The largest of some numbers, or zero.
 * @param {number[]} numbers
 */
export const largest = (numbers) => {
  if (!numbers.length) return 0;
  return max(...numbers);
};
""",
    ("typescript", "jsdoc, chinese"): """/** 返回数组中最大的数字。 */
export function largest(numbers: number[]): number {
  if (!numbers.length) return 0;
  return Math.max(...numbers);
}
""",
    ("typescript", "comment"): """// The largest of some numbers.
export function largest(numbers: number[]): number {
  if (!numbers.length) return 0;
  return Math.max(...numbers);
}
""",
    ("go", "go-comment"): """package sums

import (
	"fmt"
	"strings"
)

// Title joins the words, each with a capital.
func Title(words []string) string {
	for i := range words {
		words[i] = strings.Title(words[i])
	}
	return strings.Join(words, " ")
}
""",
    ("rust", "rustdoc"): """use std::fmt;

impl Sum {
    /// Adds up all of the numbers.
    pub fn sum(&self) -> i32 {
        let total = self.numbers.iter().sum();
        total
    }
}
""",
}


def mined(text, language="python", path="src/a"):
    counts = Counter()
    found = implementations(Origin("s", "r", path, "MIT", language), text, counts)
    return [each.example for each in found], counts


@pytest.mark.parametrize("style", STYLES)
def test_a_method_comes_with_its_class_and_the_imports_it_uses(style):
    text = PYTHON.format(quote='"""', text=STYLES[style])
    (example,), counts = mined(text)
    assert example.kind == style
    assert example.prefix == (
        "from __future__ import annotations\nimport math\n\nclass Circle(Shape):\n"
        f'    @property\n    def area(self) -> float:\n        """{STYLES[style]}"""\n'
    )
    assert example.target == (
        "        if self.r < 0:\n            return 0.0\n\n"
        "        return math.pi * self.r**2  # of it\n"
    )
    assert counts == {"kept": 1, "no documentation": 1}


@pytest.mark.parametrize(("language", "style"), OTHERS)
def test_other_languages(language, style):
    text = OTHERS[language, style]
    (example,), _ = mined(text, language)
    assert example.kind == style
    assert example.prefix.endswith("{\n")
    assert example.target.rstrip("\n") in text
    assert example.target.rstrip(";\n").endswith("}")
    assert text.index(example.prefix[-20:]) < text.index(example.target)
    if language == "java":
        assert example.prefix.startswith("package a.b;\nimport java.util.List;\n\npublic class Sum")
    if language == "go":
        assert example.prefix.startswith('package sums\nimport "strings"\n\n// Title')
    if language == "javascript":
        assert example.prefix.startswith("import { max } from './numbers.js';\n\n/**")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("no documentation", "def f(x):\n    y = x\n    return y\n"),
        (
            "documentation says too little",
            'def f(x):\n    """Does it."""\n    y = x\n    return y\n',
        ),
        ("trivial", 'def f(x):\n    """What it is that it does."""\n    return x\n'),
        (
            "trivial",
            'def f(x):\n    """What it is that it does."""\n    # no\n    pass\n    return None\n',
        ),
        ("too long", 'def f(x):\n    """What it is that it does."""\n' + "    x = f(x)\n" * 70),
        ("test", 'def test_f(x):\n    """What it is that it does."""\n    y = x\n    return y\n'),
    ],
)
def test_what_is_left_out(reason, text):
    assert mined(text) == ([], {reason: 1})


def test_their_twin_stays():
    text = 'def f(x):\n    """What it is that it does."""\n    y = x\n    return y\n'
    (example,), counts = mined(text)
    assert example.target == "    y = x\n    return y\n"
    assert counts == {"kept": 1}
    assert mined(text, path="tests/a.py") == ([], {})
    assert mined(text, language="css") == ([], {})
    assert mined("def f(:\n") == ([], {})


def test_those_that_need_least_of_their_file_come_first():
    one = 'def f{n}(x):\n    """What it is that it does."""\n    y = {call}(x)\n    return y\n'
    text = "".join(one.format(n=n, call="f0" if n % 2 else "len") for n in range(MOST * 2 + 1))
    found, _ = mined(text)
    assert len(found) == MOST
    assert all("len(x)" in example.target for example in found)


def test_words_and_scripts():
    assert len(words("计算 x 与 y 的和")) == 7
    assert is_chinese("计算 x 与 y 的和")
    assert not is_chinese("The sum of x and y (和)")
    assert not is_chinese("")
    assert style_of("c", "Adds.") == "comment"
