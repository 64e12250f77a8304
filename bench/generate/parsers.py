"""Parsers that are none of ours, for the benchmark of verification: what do they object to in a file?

Python's own compiler, Node's, Java's, GCC's and Rust's, each where it is on the machine. Only syntax
counts: names that nobody declared, or that were declared twice, and headers that are not there, are no
errors here. GCC cannot parse C without knowing which names are types, so it reads files with standard
headers in place of their directives; and a file that it takes once some unknown names are declared as
types is taken. Conditions are left out, so that it reads all branches.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

Parser = Callable[[Sequence[str]], list[str]]  # the first error of each text, or nothing

_NODE = """
const vm = require("vm");
const twice = /has already been declared|Duplicate (export|parameter)|is not defined in module/;
const error = (parse, text) => {
  try { parse(text); } catch (error) { return twice.test(error.message) ? "" : error.message; }
  return "";
};
const first = (text) => error(vm.compileFunction, text)
  && error((text) => new vm.SourceTextModule(text), text);
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(first)));
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
                .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
                .map(one -> one.getMessage(Locale.ROOT).replaceAll("\\\\s+", " "))
                .findFirst().orElse(""));
        }
    }
}
"""

# What GCC's lexer and parser say, as against what it knows of names and types.
_GCC_SYNTAX = re.compile(
    r"error: ((?:expected|stray|missing terminating|unterminated|invalid (?:suffix|digit)|empty char"
    r"|exponent has no|two or more data types|a label can only|a function-definition is not"
    r"|'else' without|'(?:case|default)|'default'|break statement not|continue statement not"
    r"|ISO C\+\+ forbids declaration).*|.*(?:case label|at end of input|forbids declaration).*)"
)
_GCC_NAME = re.compile(
    r"error: (?:unknown type name )?'(?:\w+::)*(\w+)'"
    r"(?: undeclared| does not name| was not declared| has not been declared| is not a member"
    r"| in namespace|;|\n|$)"
)
_GCC_HEADERS = {
    "c": "assert ctype errno limits math setjmp signal stdarg stdbool stddef stdint stdio stdlib string"
    " time unistd sys/types",
    "c++": "cassert cctype cerrno climits cmath cstdarg cstddef cstdint cstdio cstdlib cstring ctime"
    " algorithm array atomic chrono deque fstream functional iomanip iostream iterator list map memory"
    " mutex numeric optional queue random set sstream stack stdexcept string thread tuple unordered_map"
    " unordered_set utility vector",
}
_ROUNDS = 3  # of declaring types that were not known
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?!define|undef|[ \t])(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)


def parsers() -> dict[str, tuple[str, Parser]]:
    """By language, the name of a parser on this machine and what it says of texts."""
    known: dict[str, tuple[str, str, Parser]] = {
        "python": ("CPython", "", partial(_each, _python)),
        "javascript": ("Node", "node", _javascript),
        "java": ("javac", "javac", _java),
        "c": ("GCC", "gcc", partial(_gcc, "c")),
        "cpp": ("G++", "g++", partial(_gcc, "c++")),
        "rust": ("rustc", "rustc", partial(_each, _rust)),
    }
    return {
        language: (name, parser)
        for language, (name, program, parser) in known.items()
        if not program or shutil.which(program)
    }


def _each(first_error: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(first_error, texts))


def _python(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return str(error)
    return ""


def _javascript(texts: Sequence[str]) -> list[str]:
    """As a script or as a module."""
    command = ["node", "--no-warnings", "--experimental-vm-modules", "-e", _NODE]
    output = subprocess.run(
        command, input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    ).stdout
    return [str(error) for error in json.loads(output)]


def _java(texts: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "Parse.java"
        program.write_text(_JAVA, encoding="utf-8")
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.java").write_text(text, encoding="utf-8", newline="")
        output = subprocess.run(
            ["java", str(program), folder], capture_output=True, text=True, check=True
        ).stdout
    return output.splitlines()


def _gcc(language: str, texts: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        read = partial(_gcc_errors, language, _headers(language, Path(folder)))
        return _each(partial(_gcc_error, language, read), texts)


def _gcc_error(language: str, read: Callable[[str], str], text: str) -> str:
    plain = _DIRECTIVE.sub(lambda match: "\n" * match[0].count("\n"), text)
    names: dict[str, None] = {}
    for _ in range(_ROUNDS):
        found = read("".join(_declared(language, name, plain) for name in names) + plain)
        error = _GCC_SYNTAX.search(found)
        if error is None:
            return ""
        new = [name for name in _GCC_NAME.findall(found) if _is_type(name, plain, found)]
        if not new:
            break
        names.update(dict.fromkeys(new))
    return error[1]


def _is_type(name: str, text: str, found: str) -> bool:
    """Whether a name that nobody declared is a type, by what GCC says or by how it is used."""
    cast = rf"\(\s*(?:const\s+)?{name}\s*(?:\*+\s*\)|\)\s*[\w(&*])"
    said = rf"unknown type name '{name}'|'{name}' does not name a type"
    scope = rf"\b{name}\s*(?:<|::|\s[*&\s]*\w+\s*[(=;{{])"
    return name.endswith("_t") or any(
        re.search(pattern, where) for pattern, where in ((said, found), (cast, text), (scope, text))
    )


def _declared(language: str, name: str, text: str) -> str:
    """A type by this name; a template where it is used like one."""
    if language == "c":
        return f"typedef int {name};\n"
    generic = re.search(rf"\b{name}\s*<", text)
    return f"{'template <class...> ' if generic else ''}struct {name} {{}};\n"


def _gcc_errors(language: str, headers: Path, text: str) -> str:
    command = ["gcc", "-x", language, "-include", str(headers), "-fsyntax-only", "-fmax-errors=0"]
    return subprocess.run(
        [*command, "-fpermissive", "-w", "-"],
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"LC_ALL": "C"},
    ).stderr.decode(errors="replace")


def _headers(language: str, folder: Path) -> Path:
    """A header with standard ones, compiled so that reading it costs little."""
    path = folder / "standard.h"
    ending = ".h" if language == "c" else ""
    names = _GCC_HEADERS[language].split()
    path.write_text("".join(f"#include <{name}{ending}>\n" for name in names), encoding="utf-8")
    subprocess.run(["gcc", "-x", f"{language}-header", "-fpermissive", "-w", path], check=True)
    return path


def _rust(text: str) -> str:
    command = [
        "rustc",
        "-Zparse-crate-root-only",
        "--edition",
        "2021",
        "--error-format",
        "short",
        "-",
    ]
    found = subprocess.run(
        command,
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"RUSTC_BOOTSTRAP": "1"},  # the option is for developers of Rust
    )
    first = next(iter(found.stderr.decode().splitlines()), "failed")
    return first if found.returncode else ""
