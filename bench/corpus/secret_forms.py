"""The ways in which people write secrets down, in many languages: name and value to lines.

What the values look like is the business of `secret_formats.py`.
"""

import html
from collections.abc import Callable
from urllib.parse import quote

Form = Callable[[str, str], tuple[str, str]]  # (name, value) -> (lines, the value as written there)


def _plain(template: str) -> Form:
    return lambda name, value: (template.replace("NAME", name).replace("VALUE", value), value)


def _identifier(template: str) -> Form:
    plain = _plain(template)
    return lambda name, value: plain(name.replace(".", "_").replace("-", "_"), value)


def _escaped(template: str, escape: Callable[[str], str]) -> Form:
    plain = _plain(template)
    return lambda name, value: plain(name, escape(value))


def _lines(before: str, each: str, after: str) -> Form:
    """A value of several lines, each written by the template `each`."""

    def form(name: str, value: str) -> tuple[str, str]:
        body = "\n".join(each.replace("LINE", line) for line in value.split("\n"))
        return f"{before.replace('NAME', name)}{body}{after}", value

    return form


NAMED: dict[str, tuple[str, Form]] = {
    "assignment": (".py", _identifier('NAME = "VALUE"')),
    "typed": (".py", _identifier("NAME: str = 'VALUE'")),
    "dict": (".py", _plain('    "NAME": "VALUE",')),
    "argument": (".py", _identifier('client = connect("eu-1", NAME="VALUE", timeout=30)')),
    "environment": (".py", _identifier('os.environ["NAME"] = "VALUE"')),
    "default": (".py", _plain('settings.setdefault("NAME", "VALUE")')),
    "comparison": (".py", _identifier('if NAME == "VALUE":')),
    "comment": (".py", _plain("# the old one was NAME: VALUE")),
    "yaml": (".yaml", _plain("NAME: VALUE")),
    "quoted yaml": (".yaml", _plain('  NAME: "VALUE"')),
    "env file": (".env", _identifier("NAME=VALUE")),
    "shell": (".sh", _identifier("export NAME='VALUE'")),
    "flag": (".sh", _plain("./deploy --region eu --NAME VALUE")),
    "curl": (".sh", _plain("curl -H 'NAME: VALUE' https://api.brightpath.co.uk/v1/items")),
    "json": (".json", _plain('  "NAME": "VALUE",')),
    "javascript": (".js", _identifier("const NAME = 'VALUE';")),
    "object": (".js", _identifier("  NAME: 'VALUE',")),
    "java": (".java", _identifier('private static final String NAME = "VALUE";')),
    "go": (".go", _identifier('NAME := "VALUE"')),
    "rust": (".rs", _identifier('const NAME: &str = "VALUE";')),
    "c": (".c", _identifier('#define NAME "VALUE"')),
    "php": (".php", _plain("define('NAME', 'VALUE');")),
    "php array": (".php", _plain("    'NAME' => 'VALUE',")),
    "xml": (".xml", _escaped("<NAME>VALUE</NAME>", html.escape)),
    "properties": (".properties", _plain("NAME=VALUE")),
    "query": (
        ".py",
        _escaped(
            '"https://api.brightpath.co.uk/v1/items?NAME=VALUE&page=2"', lambda v: quote(v, "")
        ),
    ),
}
BLOCK: dict[str, tuple[str, Form]] = {
    "triple quotes": (".py", _lines('NAME = """', "LINE", '\n"""')),
    "escapes": (".py", _escaped('NAME = "VALUE"', lambda value: value.replace("\n", "\\n"))),
    "literals": (".py", _lines("NAME = (\n", '    "LINE\\n"', "\n)")),
    "concatenation": (".java", _lines('String NAME = "" +\n', '    "LINE\\n" +', '\n    "";')),
    "json": (".json", _escaped('  "NAME": "VALUE\\n",', lambda value: value.replace("\n", "\\n"))),
    "yaml": (".yaml", _lines("NAME: |\n", "  LINE", "")),
    "comment": (".py", _lines("# NAME\n", "# LINE", "")),
}
HEADER: dict[str, tuple[str, Form]] = {
    "dict": (".py", _plain('    "Authorization": "NAME VALUE",')),
    "call": (".js", _plain("headers.set('Authorization', 'NAME VALUE');")),
    "curl": (".sh", _plain('curl -H "Authorization: NAME VALUE" https://api.brightpath.co.uk/v1')),
    "comment": (".py", _plain("# Authorization: NAME VALUE")),
}
_URLS = (
    "postgresql://app:VALUE@db.nordwind.de:5432/orders",
    "mongodb+srv://admin:VALUE@cluster0.nordwind.net/test",
    "redis://:VALUE@cache:6379/0",
    "https://deploy:VALUE@git.nordwind.de/team/app.git",
    "amqp://worker:VALUE@queue.internal:5672/%2f",
)
URL: dict[str, tuple[str, Form]] = {
    f"{form} of {url.partition(':')[0]}": (
        suffix,
        _escaped(template.replace("VALUE", url), lambda value: quote(value, "")),
    )
    for url in _URLS
    for form, suffix, template in (
        ("assignment", ".py", 'NAME = "VALUE"'),
        ("env file", ".env", "NAME=VALUE"),
        ("argument", ".py", 'engine = open_store("VALUE", echo=True)'),
        ("yaml", ".yaml", "NAME: VALUE"),
    )
}
_AZURE = (
    "DefaultEndpointsProtocol=https;AccountName=orders7;NAME=VALUE;EndpointSuffix=core.windows.net"
)
AZURE: dict[str, tuple[str, Form]] = {
    "assignment": (".py", _plain(f'connection = "{_AZURE}"')),
    "env file": (".env", _plain(f"AZURE_STORAGE={_AZURE}")),
    "json": (".json", _plain(f'  "storage": "{_AZURE}",')),
}
PERSONAL_FORMS: dict[str, tuple[str, Form]] = {
    "assignment": (".py", _plain('NAME = "VALUE"')),
    "dict": (".js", _plain("  NAME: 'VALUE',")),
    "yaml": (".yaml", _plain("NAME: VALUE")),
    "header": (".py", _plain("# Written by A. Person <VALUE>, 2019")),
    "prose": (".c", _plain("// NAME was moved to VALUE in spring.")),
    "argument": (".py", _plain('notify("VALUE", 25)')),
}
FORMS = {
    "named": NAMED,
    "block": BLOCK,
    "header": HEADER,
    "url": URL,
    "azure": AZURE,
    "personal": PERSONAL_FORMS,
}
