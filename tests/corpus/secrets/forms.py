"""How people write secrets down: a name and a value in one line, a private key over many."""

from collections.abc import Callable

LINES = {
    "assignment": 'NAME = "VALUE"',
    "typed": "NAME: str = 'VALUE'",
    "dict": '    {"NAME": "VALUE"},',
    "argument": 'client = connect("eu", NAME="VALUE", timeout=30)',
    "environment": 'os.environ["NAME"] = "VALUE"',
    "default": 'settings.setdefault("NAME", "VALUE")',
    "comparison": 'if NAME == "VALUE":',
    "comment": "# the old one was NAME: VALUE",
    "env file": "NAME=VALUE",
    "shell": "export NAME='VALUE'",
    "yaml": "  NAME: VALUE",
    "quoted yaml": "  NAME: 'VALUE'",
    "javascript": "const NAME = `VALUE`;",
    "java": 'private static final String NAME = "VALUE";',
    "go": 'NAME := "VALUE"',
    "rust": 'const NAME: &str = "VALUE";',
    "c": '#define NAME "VALUE"',
    "php": "    'NAME' => 'VALUE',",
    "xml": "<NAME>VALUE</NAME>",
}


def line(form: str, name: str, value: str) -> str:
    return LINES[form].replace("NAME", name).replace("VALUE", value)


Lines = list[str]
Wrapping = Callable[[Lines], str]


def each(template: str, before: str = "", after: str = "") -> Wrapping:
    return lambda lines: (
        before + "\n".join(template.replace("LINE", line) for line in lines) + after
    )


def one(glue: str, before: str, after: str) -> Wrapping:
    return lambda lines: before + glue.join(lines) + after


def escaped_slashes(lines: Lines) -> str:
    return one("\\n", '{"key": "', '"}')([line.replace("/", "\\/") for line in lines])


# All of these are Python, and have to be after the key is gone.
PYTHON: dict[str, Wrapping] = {
    "triple quotes": one("\n", 'KEY = """', '"""'),
    "triple quotes of bytes": one("\n", "KEY = b'''\n", "\n'''"),
    "triple quotes, set in": each("        LINE", 'KEY = dedent("""\n', '\n    """)'),
    "escapes": one("\\n", 'KEY = "', '\\n"'),
    "escapes of escapes": one("\\\\n", "KEY = '", "'"),
    "escapes with carriage returns": one("\\r\\n", 'KEY = "', '"'),
    "backslashes": one("\\n\\\n", 'KEY = "', '"'),
    "literals": each('    "LINE\\n"', "KEY = (\n", "\n)"),
    "literals of bytes": each("    b'LINE\\n'", "KEY = (\n", "\n)"),
    "raw literals": each('    r"LINE"', "KEY = (\n", "\n)"),
    "added literals": each("    'LINE\\n' +", "KEY = (\n", "\n    '')"),
    "list": each('    "LINE",', "KEY = '\\n'.join([\n", "\n])"),
    "list in a line": one('", "', 'KEY = "\\n".join(["', '"])'),
    "statements": each('KEY += "LINE\\n"', 'KEY = ""\n'),
    "calls": each("out.write('LINE\\n')"),
    "no line ends": one("", "KEY = '", "'"),
    "spaces": one(" ", "KEY = '", "'"),
    "comment": each("# LINE"),
    "comment, set in": each("    # LINE", "if x:\n", "\n    pass"),
    "commented code": each('#    "LINE\\n"'),
}
ELSEWHERE: dict[str, Wrapping] = {
    "as it is": each("LINE"),
    "carriage returns": one("\r\n", "", "\r\n"),
    "tabs": each("\tLINE"),
    "yaml": each("    LINE", "key: |\n"),
    "escaped slashes": escaped_slashes,
    "json": one("\\n", '{"key": "', '\\n"}'),
    "env file": one("\\n", "KEY=", ""),
    "heredoc": each("LINE", "cat > key.pem << EOF\n", "\nEOF"),
    "javascript": each("LINE", "const key = `", "`;"),
    "javascript list": each("  'LINE',", "const key = [\n", "\n].join('\\n');"),
    "java": each('    + "LINE\\n"', 'String key = ""\n', ";"),
    "java builder": each('    .append("LINE\\n")', "key = new StringBuilder()\n", ".toString();"),
    "rust": one("\\n\\\n        ", 'let key = "', '";'),
    "basic": each('    "LINE" & vbCrLf & _', "key = _\n", '\n    ""'),
    "php": each("    'LINE'.\"\\n\".", "$key = \n", "\n    '';"),
    "xml": each("LINE", "<key>", "</key>"),
    "xml attribute": one("&#10;", '<key value="', '"/>'),
    "xml attribute of windows": one("&#xD;&#xA;", '<key value="', '"/>'),
    "address": one("%0A", "curl -d 'key=", "&x=1'"),
    "slashes": each("// LINE"),
    "slashes without a space": each("//LINE"),
    "slashes without a space, set in": each("    //LINE", "{\n", "\n}"),
    "stars": each(" * LINE", "/*\n", "\n */"),
    "dashes": each("-- LINE"),
    "semicolons": each(";; LINE"),
    "percent signs": each("% LINE"),
    "quotation": each("> LINE"),
}
