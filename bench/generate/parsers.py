"""Parsers that are none of ours, for the benchmark of verification: what do they object to in a file?

Python's own compiler, Node's, TypeScript's, Java's, GCC's, Go's, Rust's and PHP's, each where it is on
the machine; npm fetches TypeScript's into the cache. Only syntax counts: names that nobody declared, or
that were declared twice, and headers that are not there, are no errors here.
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

from bench.corpus.rows import cache
from bench.generate import gcc

Parser = Callable[[Sequence[str]], list[str]]  # the first error of each text, or nothing

_TYPESCRIPT = "typescript@5.9.3"

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

# All texts are files of one program, which is not checked: of each only what the parser says is asked.
_TSC = """
const ts = require("typescript");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const options = {noLib: true, noResolve: true, target: ts.ScriptTarget.ESNext};
const host = ts.createCompilerHost(options);
const known = (name) => texts[parseInt(name)];
host.getSourceFile = (name, target) => ts.createSourceFile(name, known(name), target);
host.fileExists = (name) => known(name) !== undefined;
host.readFile = known;
const program = ts.createProgram(texts.map((_, number) => number + ".ts"), options, host);
const first = (file) => program.getSyntacticDiagnostics(file).slice(0, 1)
  .map((found) => ts.flattenDiagnosticMessageText(found.messageText, " ")).join("");
console.log(JSON.stringify(texts.map((_, number) => first(program.getSourceFile(number + ".ts")))));
"""

_GO_ERROR = re.compile(r"(?:.*/)?(\d+)\.go:\d+:\d+: (.*)")
_PHP_ERROR = re.compile(  # but of names and types
    r"(?:Parse|Fatal) error: (?!Cannot (?:re)?declare|Cannot use .* (?:because|when)"
    r"|A (?:void|never-returning) function must not|A function with return type must)(.*)"
)


def parsers() -> dict[str, tuple[str, Parser]]:
    """By language, the name of a parser on this machine and what it says of texts."""
    known: dict[str, tuple[str, str, Parser]] = {
        "python": ("CPython", "", partial(_each, _python)),
        "javascript": ("Node", "node", _javascript),
        "typescript": ("TypeScript", "node", _typescript),
        "java": ("javac", "javac", _java),
        "c": ("GCC", "gcc", partial(gcc.first_errors, "c")),
        "cpp": ("G++", "g++", partial(gcc.first_errors, "c++")),
        "go": ("gofmt", "gofmt", _go),
        "rust": ("rustc", "rustc", partial(_each, _rust)),
        "php": ("PHP", "php", partial(_each, _php)),
    }
    return {
        language: (name, parser)
        for language, (name, program, parser) in known.items()
        if not program or shutil.which(program)
        if language != "typescript" or (_typescript_folder() / "node_modules").exists()
    }


def fetch_typescript() -> None:
    """Have npm put TypeScript's compiler into the cache, once; where it cannot, there is none."""
    folder = _typescript_folder()
    if shutil.which("npm") and not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, _TYPESCRIPT])


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


def _typescript_folder() -> Path:
    return cache().resolve() / "typescript"


def _typescript(texts: Sequence[str]) -> list[str]:
    output = subprocess.run(
        ["node", "-e", _TSC],
        input=json.dumps(list(texts)),
        cwd=_typescript_folder(),
        capture_output=True,
        text=True,
        check=True,
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


def _go(texts: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.go").write_text(text, encoding="utf-8", newline="")
        found = subprocess.run(["gofmt", "-e", "-l", folder], capture_output=True, text=True)
    errors = [""] * len(texts)
    for number, error in reversed(_GO_ERROR.findall(found.stderr)):
        errors[int(number)] = error
    return errors


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


def _php(text: str) -> str:
    found = subprocess.run(
        ["php", "-n", "-l"], input=text.encode(), capture_output=True
    ).stdout.decode(errors="replace")
    error = _PHP_ERROR.search(found)
    return error[1] if error else ""
