"""What compilers refuse and grammars take, beside what looks like it and is right."""

import pytest

from codekiln.generate.verify import verify
from codekiln.generate.verify.doubts import doubts_of
from codekiln.languages import languages, parse
from programs import PROGRAMS

# language, prefix, what is wrong, what is right, suffix
PAIRS = [
    ("c", "int f(void) {\n  g(", "if (x)", "h(x)", ");\n}\n"),
    ("c", "int x;\n", "return 1;", "int y = 1;", "\nint z;\n"),
    ("c", "double x = ", "1.0e60e6", "1.0e-6f", ";\n"),
    ("c", "void f(void) {\n  g(", '"a" b', '"a" PRIu64', ");\n}\n"),
    ("c", "void f(int x) {\n  ", "break;", "while (x) break;", "\n}\n"),
    ("c", "#define F(x) g(x); \\\n  ", "h(", "", ") \n"),
    ("cpp", "int f() {\n  ", "x class;", "auto x = 1;", "\n}\n"),
    ("java", "class A {\n  ", "public getB() { }", "public A() { }", "\n}\n"),
    ("java", "class A { void f() {\n  ", "a.b;", "a.b();", "\n} }\n"),
    ("java", "class A {\n  final ", "final int x = 1;", "int x = 1;", "\n}\n"),
    ("javascript", "x = ", "/(/", "/(?<a>[a-z]+)\\/(?!b)/g", ";\n"),
    ("javascript", "f(a", ",, b", ", b", ");\n"),
    ("javascript", "function f() {\n  ", "const a;", "const a = 1;", "\n}\n"),
    ("javascript", "if (a) {\n  ", "continue;", "for (;;) continue;", "\n}\n"),
    ("typescript", "declare const ", "if: string", "a: string", ";\n"),
    ("rust", "fn f() {\n    ", "assert!(a)", "assert!(a);", "\n    b()\n}\n"),
    ("rust", "fn f() { let a = ", "pub", "if_let!(if pub)", "; }\n"),
    ("go", "package a\n\n", "f()", "var x = f()", "\n"),
    ("go", "package a\n\nfunc f() {\n\t", "a.b", "a.b()", "\n}\n"),
]


@pytest.mark.parametrize(("language", "prefix", "wrong", "right", "suffix"), PAIRS)
def test_what_no_compiler_takes_is_not_verified(language, prefix, wrong, right, suffix):
    known = languages()[language]
    tree = parse(known, (prefix + wrong + suffix).encode())
    assert tree
    assert not tree.root_node.has_error  # or it would need no doubt
    found = verify(prefix, wrong, suffix, known)
    assert (found.text, found.state) != (wrong, "verified")
    if right:
        found = verify(prefix, right, suffix, known)
        assert (found.text, found.state) == (right, "verified")


@pytest.mark.parametrize("language", PROGRAMS)
def test_programs_are_not_doubtful(language):
    content = PROGRAMS[language].encode()
    tree = parse(languages()[language], content)
    assert tree is not None
    assert not doubts_of(language).touch(tree, content, 0, len(content))
