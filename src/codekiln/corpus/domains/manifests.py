"""The manifests of packages: which files they are, and what one names. `readers.py` has the formats."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from codekiln.corpus.domains import readers
from codekiln.corpus.domains.readers import Reader

# Manifests under these folders speak of something else than the repository.
ASIDE = ("test", "tests", "testdata", "fixtures", "examples", "docs", "vendor", "node_modules")

# By file name: the family of `domains.toml` that the packages are of, and how it is read.
NAMES: dict[str, tuple[str, Reader]] = {
    "package.json": ("javascript", readers.package_json),
    "pyproject.toml": ("python", readers.pyproject),
    "setup.cfg": ("python", readers.setup_cfg),
    "setup.py": ("python", readers.setup_py),
    "METADATA": ("python", readers.metadata),
    "PKG-INFO": ("python", readers.metadata),
    "requirements.txt": ("python", readers.requirements),
    "Cargo.toml": ("rust", readers.cargo),
    "go.mod": ("go", readers.go_mod),
    "pom.xml": ("jvm", readers.pom),
    "build.gradle": ("jvm", readers.gradle),
    "build.gradle.kts": ("jvm", readers.gradle),
    "build.sbt": ("jvm", readers.sbt),
    "composer.json": ("php", readers.composer),
    "Gemfile": ("ruby", readers.gems),
    "Package.swift": ("swift", readers.package_swift),
    "pubspec.yaml": ("dart", readers.pubspec),
    "CMakeLists.txt": ("c", readers.cmake),
    "control": ("c", readers.debian_control),
}
PATTERNS: dict[str, tuple[str, Reader]] = {
    "*.gemspec": ("ruby", readers.gems),
    "*.csproj": ("dotnet", readers.csproj),
}


@dataclass(frozen=True)
class Manifest:
    """What one manifest names: its own package, those it needs to run, keywords and the like."""

    family: str
    own: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def is_manifest(path: str) -> bool:
    """Whether a file is a manifest of its repository, and not of something that stands aside."""
    *folders, name = path.split("/")
    return _kind(name) is not None and not any(folder.lower() in ASIDE for folder in folders)


def read_manifest(path: str, text: str) -> Manifest:
    """What a manifest names; nothing, if it is damaged."""
    kind = _kind(path.rpartition("/")[2])
    assert kind is not None, f"{path} is no manifest"
    family, reader = kind
    try:
        return Manifest(family, *(tuple(filter(None, names)) for names in reader(text)))
    except (ValueError, RecursionError):
        return Manifest(family)


def _kind(name: str) -> tuple[str, Reader] | None:
    matches = (kind for pattern, kind in PATTERNS.items() if fnmatchcase(name, pattern))
    return NAMES.get(name) or next(matches, None)
