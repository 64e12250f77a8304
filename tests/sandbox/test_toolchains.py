"""Programs of other languages, built and run inside, where this machine has their tools."""

import pytest

from codekiln.errors import SandboxError
from codekiln.sandbox import program_of, toolchains
from codekiln.sandbox.toolchains import COMPILED, supported, toolchain

# Each reads a number and writes its double.
DOUBLES = {
    "python": "print(2 * int(input()))",
    "c": '#include <stdio.h>\nint main(void){int n; scanf("%d",&n); printf("%d\\n",2*n); return 0;}',
    "cpp": "#include <iostream>\nint main(){int n; std::cin>>n; std::cout<<2*n<<std::endl;}",
    "java": "public class Main { public static void main(String[] a) {"
    " System.out.println(2 * new java.util.Scanner(System.in).nextInt()); } }",
    "javascript": 'console.log(2 * Number(require("fs").readFileSync(0)))',
    "typescript": 'declare var require: any; const n: number = 2 * Number(require("fs").readFileSync(0));'
    " console.log(n);",
    "go": 'package main\nimport "fmt"\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(2*n) }',
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();"
    ' println!("{}", 2 * s.trim().parse::<i32>().unwrap()); }',
}
BROKEN = {language: source.replace("2", '"', 1) for language, source in DOUBLES.items()}


def test_each_language_has_a_program_here():
    assert list(DOUBLES) == supported()


@pytest.mark.slow
@pytest.mark.parametrize("language", DOUBLES)
def test_a_program_is_built_and_run(language, sandbox):
    if language != "python":
        try:
            reads = toolchain(language).reads
        except SandboxError as error:
            pytest.skip(str(error))
        if sandbox.backend.name == "landlock" and any(
            path.is_relative_to("/root") for path in reads
        ):
            pytest.skip("its tools lie where no other user may read")
    outcome = sandbox.run(program_of(language, DOUBLES[language], b"21\n"), COMPILED)
    assert outcome.stdout == b"42\n", outcome
    assert outcome.succeeded
    broken = sandbox.run(program_of(language, BROKEN[language], b"21\n"), COMPILED)
    assert not broken.succeeded
    assert broken.build_failed == (language not in ("python", "javascript"))
    assert broken.stderr or broken.stdout


def test_a_missing_tool_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setattr(toolchains.shutil, "which", lambda name: None)
    toolchain.cache_clear()
    with pytest.raises(
        SandboxError, match="no javac to run java with: apt-get install default-jdk"
    ):
        program_of("java", "")
    toolchain.cache_clear()


def test_a_language_that_is_not_run_is_told():
    with pytest.raises(SandboxError, match="cobol cannot be run: take one of python, c, "):
        program_of("cobol", "")
