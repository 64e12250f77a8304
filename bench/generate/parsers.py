"""Parsers that are none of ours, for the benchmark of verification: does a file of this language parse?

Python's own compiler, Node's, Java's, GCC and rustfmt, each where it is on the machine. Only syntax
counts: names that nobody declared, or that were declared twice, and headers that are not there, are no
errors here. So GCC reads files with a few standard headers in place of their directives, and only what
it *expected* is an error.
"""

import json
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

Parser = Callable[[Sequence[str]], list[bool]]

_HEADERS = "".join(f"#include <std{name}.h>\n" for name in ("bool", "def", "int", "io", "lib"))

_NODE = """
const vm = require("vm");
const twice = /has already been declared|Duplicate (export|parameter)/;
const parses = (text) => [vm.compileFunction, (text) => new vm.SourceTextModule(text)].some((parse) => {
  try { parse(text); return true; } catch (error) { return twice.test(error.message); }
});
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(parses)));
"""

_JAVA = """
import com.sun.source.util.JavacTask;
import java.net.URI;
import java.nio.file.*;
import java.util.*;
import javax.tools.*;

class Parse {
    public static void main(String[] folder) throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        for (int i = 0; Files.exists(Path.of(folder[0], i + ".java")); i++) {
            var text = Files.readString(Path.of(folder[0], i + ".java"));
            var name = URI.create("string:///A.java");
            var source = new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
                public CharSequence getCharContent(boolean ignore) { return text; }
            };
            var found = new DiagnosticCollector<JavaFileObject>();
            var options = List.of("-proc:none");
            var task = compiler.getTask(null, null, found, options, null, List.of(source));
            ((JavacTask) task).parse();
            System.out.println(found.getDiagnostics().stream()
                .noneMatch(one -> one.getKind() == Diagnostic.Kind.ERROR));
        }
    }
}
"""


def parsers() -> dict[str, tuple[str, Parser]]:
    """By language, the name of a parser on this machine and what it says of texts."""
    known: dict[str, tuple[str, str, Parser]] = {
        "python": ("CPython", "", _python),
        "javascript": ("Node", "node", _javascript),
        "java": ("javac", "javac", _java),
        "c": ("GCC", "gcc", lambda texts: [_gcc("c", text) for text in texts]),
        "cpp": ("G++", "g++", lambda texts: [_gcc("c++", text) for text in texts]),
        "rust": ("rustfmt", "rustfmt", lambda texts: [_rust(text) for text in texts]),
    }
    return {
        language: (name, parser)
        for language, (name, program, parser) in known.items()
        if not program or shutil.which(program)
    }


def _python(texts: Sequence[str]) -> list[bool]:
    return [_compiles(text) for text in texts]


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def _javascript(texts: Sequence[str]) -> list[bool]:
    """As a script or as a module."""
    command = ["node", "--no-warnings", "--experimental-vm-modules", "-e", _NODE]
    output = subprocess.run(
        command, input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    ).stdout
    return [bool(answer) for answer in json.loads(output)]


def _java(texts: Sequence[str]) -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "Parse.java"
        program.write_text(_JAVA, encoding="utf-8")
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.java").write_text(text, encoding="utf-8", newline="")
        output = subprocess.run(
            ["java", str(program), folder], capture_output=True, text=True, check=True
        ).stdout
    return [line == "true" for line in output.split()]


def _gcc(language: str, text: str) -> bool:
    plain = "\n".join("" if line.lstrip().startswith("#") else line for line in text.split("\n"))
    command = ["gcc", "-x", language, "-fsyntax-only", "-fmax-errors=0", "-w", "-"]
    found = subprocess.run(command, input=(_HEADERS + plain).encode(), capture_output=True).stderr
    return b"error: expected" not in found


def _rust(text: str) -> bool:
    command = ["rustfmt", "--edition", "2021", "--emit", "stdout", "--quiet"]
    found = subprocess.run(command, input=text.encode(), capture_output=True).stderr
    return b"error: " not in found
