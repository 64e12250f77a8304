"""The formats of manifests. Each reader finds names: the package's own, those it needs, its topics.

Versions are not read. What only tests and builds need is left out: nearly every package has those.
A manifest may hold anything, so types are never taken on trust and no pattern looks far ahead.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from codekiln.corpus.foreign import ini, toml

Names = Iterable[str]
Found = tuple[Names, Names, Names]  # own, needs, topics
Reader = Callable[[str], Found]

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
_SETUP_NEEDS = re.compile(
    r"""\binstall_requires\s*=\s*\[((?:[^\[\]"']|"[^"\n]*"|'[^'\n]*')*)"""  # "x[extra]" goes on
)
_SETUP_NAME = re.compile(r"""\bname\s*=\s*["']([\w.-]+)["']""")
_METADATA = re.compile(r"^(Name|Requires-Dist|Classifier|Keywords): *(.+)$", re.MULTILINE)
_GO_MODULE = re.compile(r"^module[ \t]+(\S+)", re.MULTILINE)
_GO_REQUIRE = re.compile(r"^(?:require)?[ \t]+(\S+)[ \t]+v\S+[ \t]*\r?$", re.MULTILINE)
_GROUP = re.compile(r"<groupId>\s*([\w.-]+)")
_ARTIFACT = re.compile(r"<artifactId>\s*([\w.-]+)")
_GRADLE = re.compile(
    r"\b(?:id|api|kapt|ksp|classpath|compile|compileOnly|runtimeOnly|implementation)"
    r"""[ (]+["']([\w.-]+)(?::([\w.-]+))?"""
)
_SBT = re.compile(r'"([\w.-]+)"[ \t]*%{1,3}[ \t]*"([\w.-]+)"[ \t]*%[^,\n]*', re.MULTILINE)
_GEM_NAME = re.compile(r"""\.name[ \t]*=[ \t]*["']([\w-]+)""")
_GEM = re.compile(r"""\b(?:gem|add_dependency|add_runtime_dependency)[ (]+["']([\w-]+)""")
_NUGET = re.compile(r'(?:PackageReference\s+Include|Sdk)="([\w.-]+)"')
_SWIFT_NAME = re.compile(r'\bPackage\(\s*name:\s*"([\w-]+)"')
_SWIFT = re.compile(r'\burl:\s*"[^"\n]*/([\w-]+)(?:\.git)?"')
_PUBSPEC_NAME = re.compile(r"^name:[ \t]*(\w+)", re.MULTILINE)
_PUBSPEC = re.compile(r"^  (\w+):", re.MULTILINE)
_CMAKE_NAME = re.compile(r"\bproject\s*\(\s*(\w+)", re.IGNORECASE)
_CMAKE = re.compile(r"\bfind_package\s*\(\s*(\w+)", re.IGNORECASE)
_SECTION = re.compile(r"^Section:[ \t]*(?:[\w-]+/)?([\w-]+)", re.MULTILINE)


def package_json(text: str) -> Found:
    """npm's."""
    whole = _table(json.loads(text))
    needs = [*_table(whole, "dependencies"), *_table(whole, "peerDependencies")]
    return _strings(whole.get("name")), needs, _strings(whole.get("keywords"))


def composer(text: str) -> Found:
    """PHP's `composer.json`."""
    whole = _table(json.loads(text))
    return _strings(whole.get("name")), _table(whole, "require"), _strings(whole.get("keywords"))


def pyproject(text: str) -> Found:
    """Python's `pyproject.toml` (PEP 621), and poetry's table in it."""
    whole = toml(text)
    own, needs, topics = [], [], []
    for project in (_table(whole, "project"), _table(whole, "tool", "poetry")):
        own += _strings(project.get("name"))
        needs += [*_required(_strings(project.get("dependencies")))]
        needs += [*_table(project, "dependencies")]
        topics += _strings(project.get("classifiers")) + _strings(project.get("keywords"))
    return own, needs, topics


def setup_cfg(text: str) -> Found:
    """setuptools' `setup.cfg`."""
    sections = ini(text)
    about, options = sections.get("metadata", {}), sections.get("options", {})
    topics = about.get("classifiers", "").split("\n") + about.get("keywords", "").split(",")
    needs = _required(options.get("install_requires", "").split("\n"))
    return [about.get("name", "")], needs, map(str.strip, topics)


def setup_py(text: str) -> Found:
    """setuptools' `setup.py`, which is only looked at: literals of well-known arguments."""
    needs = [name for block in _SETUP_NEEDS.findall(text) for name in _QUOTED.findall(block)]
    topics = [quoted for quoted in _QUOTED.findall(text) if " :: " in quoted]
    return _SETUP_NAME.findall(text), _required(needs), topics


def metadata(text: str) -> Found:
    """What a wheel or an sdist says of itself (PEP 566): fields, up to an empty line."""
    fields: dict[str, list[str]] = {}
    for field, value in _METADATA.findall(text.replace("\r\n", "\n").partition("\n\n")[0]):
        fields.setdefault(field, []).append(value)
    keywords = re.split(r"[,\s]+", " ".join(fields.get("Keywords", ())))
    topics = [*fields.get("Classifier", ()), *keywords]
    return fields.get("Name", ()), _required(fields.get("Requires-Dist", ())), topics


def requirements(text: str) -> Found:
    """pip's `requirements.txt`."""
    return (), _required(text.split("\n")), ()


def cargo(text: str) -> Found:
    """Rust's."""
    whole = toml(text)
    package = _table(whole, "package")
    needs = [*_table(whole, "dependencies"), *_table(whole, "workspace", "dependencies")]
    topics = _strings(package.get("keywords")) + _strings(package.get("categories"))
    return _strings(package.get("name")), needs, topics


def go_mod(text: str) -> Found:
    """Go's: what is required, but not `// indirect`."""
    return _GO_MODULE.findall(text), _GO_REQUIRE.findall(text), ()


def pom(text: str) -> Found:
    """Maven's, without plugins and without what has the scope of tests."""
    text = _without(_without(text, "build"), "reporting")
    head, *blocks = re.split(r"<dependency>|<parent>", text)
    needs: list[str] = []
    for block in blocks:
        block = re.split(r"</dependency>|</parent>", block, maxsplit=1)[0]
        if not re.search(r"<scope>\s*test", block):
            group, artifact = _GROUP.findall(block)[:1], _ARTIFACT.findall(block)[:1]
            needs += [".".join(group + artifact), *artifact]
    return _GROUP.findall(head) + _ARTIFACT.findall(head), needs, ()


def gradle(text: str) -> Found:
    """Gradle's, in Groovy or Kotlin: plugins, and dependencies of the main source set."""
    return (), [".".join(filter(None, parts)) for parts in _GRADLE.findall(text)], ()


def sbt(text: str) -> Found:
    """Scala's `build.sbt`, without what is `% Test`."""
    matches = (match for match in _SBT.finditer(text) if "test" not in match[0].lower())
    return (), [f"{match[1]}.{match[2]}" for match in matches], ()


def gems(text: str) -> Found:
    """Ruby's `Gemfile` and `*.gemspec`, up to the first group of a Gemfile: they are of tests."""
    text = re.split(r"^[ \t]*group\b", text, maxsplit=1, flags=re.MULTILINE)[0]
    return _GEM_NAME.findall(text), _GEM.findall(text), ()


def csproj(text: str) -> Found:
    """.NET's project file."""
    return (), _NUGET.findall(text), ()


def package_swift(text: str) -> Found:
    """Swift's."""
    return _SWIFT_NAME.findall(text), _SWIFT.findall(text), ()


def pubspec(text: str) -> Found:
    """Dart's."""
    return _PUBSPEC_NAME.findall(text), _PUBSPEC.findall(text.partition("dev_dependencies:")[0]), ()


def cmake(text: str) -> Found:
    """CMake's lists: the project, and the packages it finds."""
    return _CMAKE_NAME.findall(text), _CMAKE.findall(text), ()


def debian_control(text: str) -> Found:
    """The sections of the archive that a Debian package is filed under."""
    return (), (), [f"Section :: {name}" for name in _SECTION.findall(text)]


def _table(value: Any, *keys: str) -> dict[str, Any]:
    """The table at `keys`; an empty one, if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    """The strings of a list, or the one string."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]


def _required(requirements: Names) -> Names:
    """The names in Python's requirements, without those of an extra."""
    matches = (_REQUIREMENT.match(line) for line in requirements if "extra ==" not in line)
    return [match[1] for match in matches if match]


def _without(text: str, element: str) -> str:
    """XML without its elements of a name."""
    head, *rest = text.split(f"<{element}>")
    return head + "".join(part.partition(f"</{element}>")[2] for part in rest)
