"""Each format of manifest by an example, and what a damaged or hostile one comes to."""

import json
import time

import pytest

from codekiln.corpus.domains import is_manifest
from codekiln.corpus.domains.manifests import NAMES, PATTERNS, Manifest, read_manifest

PACKAGE_JSON = {
    "name": "mine",
    "keywords": ["web", "http"],
    "scripts": {"test": "jest"},
    "dependencies": {"express": "^5", "@scope/x": "*"},
    "peerDependencies": {"react": "*"},
    "devDependencies": {"jest": "^30"},
}
PYPROJECT = """
[build-system]
requires = ["hatchling"]
[project]
name = "mine"
keywords = ["web"]
classifiers = ["Topic :: Database"]
dependencies = ["Flask[async]>=3", "numpy; python_version > '3'"]
[project.optional-dependencies]
test = ["pytest"]
[tool.poetry.dependencies]
python = "^3.11"
django = "*"
"""
SETUP_CFG = """
[metadata]
name = mine
classifiers =
    Topic :: Database
    Topic :: Security
keywords = web, http
[options]
install_requires =
    flask>=3
    numpy
[options.extras_require]
test = pytest
"""
SETUP_PY = """
from setuptools import setup
setup(
    name="mine",
    install_requires=["flask>=3", 'requests[security]', "numpy"],
    extras_require={"test": ["pytest"]},
    classifiers=["Topic :: Database"],
)
"""
METADATA = """\
Metadata-Version: 2.1
Name: mine
Keywords: web,http
Classifier: Topic :: Database
Requires-Dist: flask>=3
Requires-Dist: pytest ; extra == "test"

Name: other
Requires-Dist: numpy
"""
CARGO = """
[package]
name = "mine"
keywords = ["cli"]
categories = ["command-line-utilities"]
[dependencies]
tokio = { version = "1", features = ["net"] }
clap = "4"
[dev-dependencies]
proptest = "1"
[workspace.dependencies]
serde = "1"
"""
GO_MOD = """\
module example.com/mine

go 1.22

require github.com/gin-gonic/gin v1.9.0

require (
\tgorm.io/gorm v1.25.0
\tgolang.org/x/net v0.1.0 // indirect
)
"""
POM = """
<project>
  <parent><groupId>org.springframework.boot</groupId><artifactId>parent</artifactId></parent>
  <groupId>com.mine</groupId><artifactId>mine</artifactId>
  <dependencies>
    <dependency><groupId>org.hibernate</groupId><artifactId>hibernate-core</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
  </dependencies>
  <build><plugins><plugin><dependencies>
    <dependency><groupId>com.tool</groupId><artifactId>tool</artifactId></dependency>
  </dependencies></plugin></plugins></build>
</project>
"""
GRADLE = """
plugins { id 'com.android.application' }
dependencies {
    implementation("io.ktor:ktor-server-core:2.0")
    api 'com.google.guava:guava:33'
    testImplementation 'junit:junit:4'
}
"""
SBT = """
libraryDependencies += "com.typesafe.akka" %% "akka-http" % "10.5"
libraryDependencies ++= Seq("org.scalatest" %% "scalatest" % "3.2" % Test)
"""
GEMFILE = """
source "https://example.com"
gem "rails", "~> 7"
gem 'pg'
group :test do
  gem "rspec"
end
"""
GEMSPEC = """
Gem::Specification.new do |s|
  s.name = "mine"
  s.add_dependency "rack", ">= 2"
  s.add_runtime_dependency("puma")
  s.add_development_dependency "rspec"
end
"""
CSPROJ = """
<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup>
<PackageReference Include="Dapper" Version="2" /></ItemGroup></Project>
"""
PACKAGE_SWIFT = """
let package = Package(
    name: "mine",
    dependencies: [.package(url: "https://example.com/vapor/vapor.git", from: "4.0.0")]
)
"""
PUBSPEC = (
    "name: mine\ndependencies:\n  flutter:\n    sdk: flutter\ndev_dependencies:\n  test: any\n"
)
CMAKE = "project(Mine VERSION 1)\nfind_package(OpenSSL REQUIRED)\nfind_package( SDL2 )\n"
CONTROL = "Source: mine\nSection: contrib/games\n\nPackage: mine-doc\nSection: doc\n"

EXAMPLES = {
    "package.json": (json.dumps(PACKAGE_JSON), "mine", "express @scope/x react", "web|http"),
    "composer.json": (
        '{"name": "me/mine", "require": {"symfony/console": "*"}, "require-dev": {"phpunit/phpunit": "*"}}',
        "me/mine",
        "symfony/console",
        "",
    ),
    "pyproject.toml": (PYPROJECT, "mine", "Flask numpy python django", "Topic :: Database|web"),
    "setup.cfg": (SETUP_CFG, "mine", "flask numpy", "Topic :: Database|Topic :: Security|web|http"),
    "setup.py": (SETUP_PY, "mine", "flask requests numpy", "Topic :: Database"),
    "METADATA": (METADATA, "mine", "flask", "Topic :: Database|web|http"),
    "PKG-INFO": (METADATA.replace("\n", "\r\n"), "mine", "flask", "Topic :: Database|web|http"),
    "requirements.txt": ("# web\nflask==3\n-r other.txt\n  numpy\n", "", "flask numpy", ""),
    "Cargo.toml": (CARGO, "mine", "tokio clap serde", "cli|command-line-utilities"),
    "go.mod": (GO_MOD, "example.com/mine", "github.com/gin-gonic/gin gorm.io/gorm", ""),
    "pom.xml": (
        POM,
        "",
        "org.springframework.boot.parent parent org.hibernate.hibernate-core hibernate-core",
        "",
    ),
    "build.gradle": (
        GRADLE,
        "",
        "com.android.application io.ktor.ktor-server-core com.google.guava.guava",
        "",
    ),
    "build.gradle.kts": (
        'plugins {\n    id("com.android.library")\n}\n',
        "",
        "com.android.library",
        "",
    ),
    "build.sbt": (SBT, "", "com.typesafe.akka.akka-http", ""),
    "Gemfile": (GEMFILE, "", "rails pg", ""),
    "mine.gemspec": (GEMSPEC, "mine", "rack puma", ""),
    "Mine.csproj": (CSPROJ, "", "Microsoft.NET.Sdk.Web Dapper", ""),
    "Package.swift": (PACKAGE_SWIFT, "mine", "vapor", ""),
    "pubspec.yaml": (PUBSPEC, "mine", "flutter", ""),
    "CMakeLists.txt": (CMAKE, "Mine", "OpenSSL SDL2", ""),
    "control": (CONTROL, "", "", "Section :: games|Section :: doc"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_manifest_names_what_it_is_and_needs(name):
    text, own, needs, topics = EXAMPLES[name]
    manifest = read_manifest(f"a/{name}", text)
    assert set(manifest.own) == set(own.split())
    assert set(manifest.needs) == set(needs.split())
    assert set(manifest.topics) == set(topics.split("|")) - {""}


def test_every_format_has_an_example():
    assert {name for name in EXAMPLES if name in NAMES} == set(NAMES)
    assert len(EXAMPLES) == len(NAMES) + len(PATTERNS)


@pytest.mark.parametrize(
    "name", sorted(EXAMPLES.keys() - {"requirements.txt"})
)  # any line may be one
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 100_000,
        "\0\ufffd",
        "<dependency>" * 9,
        "name = 3",
        "[project",
    ],
)
def test_a_damaged_manifest_names_nothing(name, text):
    manifest = read_manifest(name, text)
    assert manifest == Manifest(manifest.family)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"name": 3, "keywords": {"a": 1}, "dependencies": ["express"]}'),
        ("package.json", '{"name": null, "keywords": [1, null], "dependencies": "express"}'),
        ("pyproject.toml", "project = 3\n[tool]\npoetry = []\n"),
        ("pyproject.toml", "[project]\nname = []\ndependencies = {}\nclassifiers = 1979-05-27\n"),
        ("Cargo.toml", "package = 1\ndependencies = 2\nworkspace = 3\n"),
    ],
)
def test_wrong_types_name_nothing(name, text):
    manifest = read_manifest(name, text)
    assert manifest == Manifest(manifest.family)


@pytest.mark.parametrize(
    ("name", "lead", "piece"),
    [
        ("setup.py", "", "install_requires=["),
        ("pom.xml", "", "<dependency><build>"),
        ("Gemfile", "", "\n"),
        ("setup.cfg", "[metadata]\nname", " "),
        ("setup.cfg", "[metadata]\n", "name\n"),
        ("pyproject.toml", "", "project."),
        ("Cargo.toml", "[", "package."),
    ],
)
def test_what_never_ends_is_read_in_one_pass(name, lead, piece):
    begun = time.process_time()
    manifest = read_manifest(name, lead + piece * (1_000_000 // len(piece)) + "x")
    assert manifest == Manifest(manifest.family)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("package.json", True),
        ("packages/core/package.json", True),
        ("flask-3.0.dist-info/METADATA", True),
        ("mine.gemspec", True),
        ("src/App/App.csproj", True),
        ("debian/control", True),
        ("tests/fixtures/package.json", False),
        ("node_modules/x/package.json", False),
        ("Examples/setup.py", False),
        ("package.json/readme.md", False),
        ("mypackage.json", False),
        ("setup.pyc", False),
        ("", False),
    ],
)
def test_manifests_are_known_by_name_and_place(path, expected):
    assert is_manifest(path) is expected
