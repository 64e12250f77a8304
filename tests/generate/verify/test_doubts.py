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
    # Beyond what touches the text: what is behind becomes wrong by it.
    ("java", "class A {\n  ", "public", "public A() { }", "\n  @B\n  public void f() { }\n}\n"),
    ("javascript", "for (;;) {\n", "}{", "f();", "\n  f();\n  f();\n  continue;\n}\n"),
    ("java", "import ", "java;", "java.util.*;", "\nclass A { }\n"),
    ("java", "class A { void f() {\n  ", "private int x;", "final int x;", "\n} }\n"),
    ("java", "class A {\n  ", "final A { }", "final A a;", "\n}\n"),
    ("java", "class A { A() {\n  ", "import a.b;", "super();", "\n} }\n"),
    ("java", "class A { char x = ", "'CC'", "'\\u0043'", "; }\n"),
    ("java", "class A { B", "< >", "<C>", " x = null; }\n"),
    ("javascript", "x = ", "10 --", "y --", ";\n"),
    ("javascript", "x = ", "!y = 1", "!y == 1", ";\n"),
    ("javascript", "x = ", "a‘z", "aéz", ";\n"),
    ("javascript", "x = {", "#a: 1", "a: 1", "};\n"),
    ("javascript", "export ", "{ default as a }", "default a", ";\n"),
    ("javascript", "export default function f() { }\n", "!== 1", "g();", "\n"),
    ("typescript", "type A = B ", "| | C", "| C", ";\n"),
    ("typescript", "class A {\n  ", "constructor", "constructor();", "\n  b;\n}\n"),
    ("typescript", "type A = {\n  ", "b: c;\n", "", "  [d in e]: f\n}\n"),
    ("typescript", "let a: {\n  ", "export type B = c;", "b: c;", "\n};\n"),
    ("typescript", "let f = (", "a.b", "a, b", ") => c;\n"),
    ("rust", "impl A {\n    ", "f!()", "f! { }", "\n}\n"),
    ("rust", "mod a {\n    ", "let b = 1;", "const B: u8 = 1;", "\n}\n"),
    ("go", "package a\n\nvar x = []int{\n\t", "1", "1,", "\n}\n"),
    ("go", "package a\n\nvar x = f(", "a\n,b", "a,\nb", ")\n"),
    ("go", "package a\n\nimport ", '"a b"', '"a/b"', "\n"),
    ("go", "package a\n\nimport (\n", "a", '"a"', '\n"b"\n)\n'),
    ("go", "package a\n\nfunc f() {\n\t", "a.b := 1", "a.b = 1", "\n}\n"),
    ("go", "package a\n\nfunc f() {\n\tdefer ", "g", "g()", "\n}\n"),
    ("go", "package a\n\nfunc f(", "a, b int, *c", "a, b int, c *d", ") {\n}\n"),
    ("go", "// ", "package a", "a\npackage a", "\nvar x = 1\n"),
    ("c", "struct a {\n  ", "b_t;", "b_t c;", "\n};\n"),
    ("c", "void f(void) {\n  g(", "bool", "b", ");\n}\n"),
    ("c", "void f(void) {\n  ", "g\n  a = 1;", "g_t a = 1;", "\n}\n"),
    ("java", "class A { long x = ", "0xffff000000", "0xffff000000L", "; }\n"),
    ("java", "class A { long x = ", "3000000000", "2000000000", "; }\n"),
    ("javascript", "f(function (", "a[0], b", "a, b", ") {\n});\n"),
    ("javascript", "function f(...", "a, b", "a", ") {\n}\n"),
    ("javascript", "function f() {\n  ", "await g();", "g(async () => await h());", "\n}\n"),
    ("javascript", "class A {\n  ", "constructor;", "constructor() { }", "\n  b;\n}\n"),
    ("javascript", "class A {\n  ", "get", "get = 1;", "\n  constructor() { }\n}\n"),
    ("typescript", "type A =\n  | ", "| B", "B", "\n  | C\n"),
    ("typescript", "function f(...", "a: b[], c", "a: b[]", ") {\n}\n"),
    ("php", "<?php\nif ($a instanceof ", "Function", "Functions", ") { }\n"),
    ("php", "<?php\nnamespace A", " { }", ";", "\nuse B;\n"),
    ("php", "<?php\n", '"use strict";', "// strict", "\nnamespace A;\n"),
    ("php", "<?php\n", "f($x[]);", "$x[] = 1;", "\n"),
    ("rust", "impl A {\n    fn f(", "a: u8, &self", "&self, a: u8", ") { }\n}\n"),
    ("rust", "impl A {\n    ", "struct B;", "const B: u8 = 1;", "\n}\n"),
    ("rust", "const A", ":::b::C", ": ::b::C", " = d();\n"),
    ("rust", "impl<A> B for C<A> where C<", "A = A: D", "A", ">: E { }\n"),
    ("c", "void f(void) {\n  a = ", "&b_t", "&b", ";\n}\n"),
    ("cpp", "using", " a;", " namespace a;", "\nint b;\n"),
    ("java", "class A { int a; A() {\n  ", "this.", "this.a = 1;", "\n  this.a = 1;\n} }\n"),
    ("javascript", "function ", "f() {", "* f() {", "\n  return yield* g();\n}\n"),
    ("typescript", "f(() => {\n  ", "async function() { }", "async function g() { }", "\n});\n"),
    ("php", "<?php\nclass A {\n  ", "function f();", "abstract function f();", "\n}\n"),
    ("php", "<?php\nnamespace A {\n", "namespace B { f(); }", "f();", "\n}\n"),
    ("rust", "fn f() { let a = b as ", "C()", "C", "; }\n"),
    ("rust", "fn f(&self, ", "impl A", "a: impl A", ") { }\n"),
    ("rust", "a!(b);\n", "#[cfg(c)]", "#[cfg(c)] mod d;", "\n"),
    ("rust", "fn f() {\n  if a { b() }\n  ", "/", "", " match c { _ => d() }\n}\n"),
    ("php", "<?php\nf(", "use", "useful", ");\n"),
    ("php", "<?php\n$x = ", "$ break", "$y", ";\n"),
    ("php", "<?php\n$x = [1, ", ".", ".5", "];\n"),
    ("php", "<?php\nclass A {\n  ", "public", "public $x;", "\n  public function f() { }\n}\n"),
    ("php", "<?php\nfunction f() {\n  ", "use A;", "g();", "\n}\n"),
    ("php", "<?php\n", "break;", "while (1) break;", "\n"),
    ("go", "package a\n\nvar x = ", "&&y", "&y", "\n"),
    ("php", "<?php\n", "class A extends\\B", "class A extends \\B", " { }\n"),
    ("php", "<?php\nnamespace A", "\\ B", "\\B", ";\n"),
    ("php", "<?php\nfunction f(", "return $x", "array $x", ") { }\n"),
    ("php", "<?php\n$x = 0 * ", "@return", "@f()", ";\n"),
    ("php", "<?php\n$x", "->f()--", "->f--", ";\n"),
    ("typescript", "let a: b[", "for", "c", "];\n"),
    ("c", "static void\n", "f(a a, a b)", "f(a c, a b)", " {\n}\n"),
    ("c", "int f(void) ", "above", "ABOVE", " {\n}\n"),
    ("c", "int f(int x) {\n  return ", "x >> size_t", "x >> size", ";\n}\n"),
    ("cpp", "struct A {\n  ", "void lock", "void lock()", " { }\n};\n"),
    ("cpp", "struct A {\n  ", "B(int x) { }", "A(int x) { }", "\n};\n"),
    ("cpp", "void f() {\n  g(", "std", "x", ");\n}\n"),
    ("cpp", "A ", "B::B", "B::B()", " { }\n"),
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
