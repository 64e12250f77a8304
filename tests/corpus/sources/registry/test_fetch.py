"""Names are checked before anything runs; what was fetched once is there without a network."""

import hashlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from codekiln.corpus.sources.registry import SCHEMES, client, fetch
from codekiln.corpus.sources.registry.fetch import REGISTRIES
from codekiln.errors import DiskError, SourceError

# Packs "left 1.2.3", or whichever version it is asked for, and counts how often.
PACK = """
name, _, version = arguments[-1].rpartition("@")
version = "1.2.3" if version == "latest" else version
pathlib.Path(f"{name}-{version}.tgz").write_bytes(b"content of " + version.encode())
with open(os.environ["npm_config_calls"], "a") as calls:
    print(*arguments, file=calls)
"""


@pytest.fixture
def calls(program, monkeypatch, tmp_path):
    """A working npm; gives the lines that it was called with so far."""
    program("npm", PACK)
    monkeypatch.setenv("npm_config_calls", str(tmp_path / "calls"))
    return lambda: (tmp_path / "calls").read_text().splitlines()


GOOD = {
    "pypi": ("six", "zope.interface==7.0", "Jinja2==3.1.6", "a==1!2.0rc1.post1+local.1"),
    "sdist": ("docopt", "ruamel.yaml==0.18", "x==2.0-1"),
    "npm": ("left-pad", "is-odd@3.0.1", "@types/node@20.1.0", "JSONStream@1.3.5", "a@1.0.0-rc.1+b"),
    "debian": ("zlib", "lua5.4=5.4.4-3+deb12u1", "libstdc++=1:2.0~rc1-1", "x2"),
}
BAD = {
    "pypi": (
        "",
        "-r",
        "--index-url=https://example.org",
        "https://example.org/six.whl",
        "six @ file:///tmp/six",
        "six[extra]",
        "six>=1",
        "six==1.*",
        "six==",
        "six==1 --pre",
        "six\n",
        "./six",
        "six/../../six",
        "..",
        "sïx",
        "x" * 300,
    ),
    "sdist": ("-e .", "git+https://example.org/x", "six;true", "six==-1", "six==../x"),
    "npm": (
        "--registry=https://example.org",
        "owner/repository",
        "github:owner/repository",
        "file:x",
        "../x",
        "x@latest",
        "x@^1.0.0",
        "x@npm:y@1.0.0",
        "x@https://example.org/x.tgz",
        "@scope",
        "@/x",
        "@scope/../x",
        "@-s/x",
        ".x",
    ),
    "debian": ("-o", "Zlib", "z", "zlib/sid", "zlib=", "zlib=-1", "zlib=1:2:3", "a b", "/etc/x"),
}


@pytest.mark.parametrize(("scheme", "package"), [(s, p) for s in SCHEMES for p in BAD[s]])
def test_what_is_no_name_gets_nowhere_near_a_client(scheme, package, downloads, no_programs):
    with pytest.raises(SourceError, match="names no package: write"):
        fetch(scheme, package, downloads)
    assert not downloads.exists()


@pytest.mark.parametrize(("scheme", "package"), [(s, p) for s in SCHEMES for p in GOOD[s]])
def test_what_is_a_name_is_split_from_its_version(scheme, package):
    registry = REGISTRIES[scheme]
    name, version = registry.parse(package)
    assert package == (f"{name}{registry.separator}{version}" if version else name)
    assert registry.separator not in version


def test_a_version_is_fetched_once_and_is_there_without_a_network(calls, downloads, program):
    first = fetch("npm", "left@1.0.0", downloads)
    assert first.archive.read_bytes() == b"content of 1.0.0"
    assert (first.name, first.version) == ("left", "1.0.0")
    assert first.sha256 == hashlib.sha256(b"content of 1.0.0").hexdigest()
    program("npm", "sys.exit('npm error code ENOTFOUND')")
    assert fetch("npm", "left@1.0.0", downloads) == first
    assert len(calls()) == 1


def test_without_a_version_the_registry_is_asked_each_time(calls, downloads):
    first = fetch("npm", "left", downloads)
    changed = first.archive.stat().st_mtime_ns
    assert fetch("npm", "left", downloads) == first
    assert len(calls()) == 2
    assert first.archive.stat().st_mtime_ns == changed  # the copy that is here stays
    assert fetch("npm", "left@1.2.3", downloads) == first
    assert len(calls()) == 2


def test_a_file_that_was_altered_is_fetched_again(calls, downloads):
    first = fetch("npm", "left@1.0.0", downloads)
    first.archive.write_bytes(b"content of another")
    assert fetch("npm", "left@1.0.0", downloads) == first
    assert first.archive.read_bytes() == b"content of 1.0.0"
    receipt = first.archive.with_name("receipt.json")
    for garbage in ("", "[]", "{}", '{"sha256": [1], "archive": 2, "name": "left"}'):
        receipt.write_text(garbage)
        assert fetch("npm", "left@1.0.0", downloads) == first
    assert len(calls()) == 6
    assert json.loads(receipt.read_text())["sha256"] == {"left-1.0.0.tgz": first.sha256}


def test_offline_it_says_what_is_here(calls, downloads, program):
    for version in ("1.0.0", "1.1.0"):
        fetch("npm", f"left@{version}", downloads)
    program("npm", "sys.exit('npm error code ENOTFOUND')")
    with pytest.raises(SourceError, match=r"no registry answers: .* pin what is here, 'npm:left@1"):
        fetch("npm", "left", downloads)
    with pytest.raises(SourceError, match="no registry answers: check the network and the proxy"):
        fetch("npm", "right", downloads)


def test_a_download_that_was_cut_short_leaves_nothing_that_counts(calls, downloads):
    partial = downloads / "npm/left/.partial"
    partial.mkdir(parents=True)
    (partial / "left-9.9.9.tgz").write_bytes(b"half")
    assert fetch("npm", "left", downloads).version == "1.2.3"
    assert sorted(path.name for path in partial.parent.iterdir()) == [".lock", "1.2.3"]


def test_a_version_out_of_a_client_is_checked_like_one_of_a_user(downloads, program):
    program("npm", "pathlib.Path('left-...tgz').touch()")
    with pytest.raises(SourceError, match=r"came as version '\.\.'"):
        fetch("npm", "left", downloads)


def test_a_client_that_hangs_is_ended_with_all_it_started(
    downloads, program, monkeypatch, tmp_path
):
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    monkeypatch.setenv("npm_config_note", str(tmp_path / "note"))
    program(
        "npm",
        """
if os.fork() == 0:
    pathlib.Path(os.environ["npm_config_note"]).write_text(str(os.getpid()))
time.sleep(60)
""",
    )
    with pytest.raises(SourceError, match="was not fetched within 0 seconds"):
        fetch("npm", "left", downloads)
    child = int((tmp_path / "note").read_text())
    for _ in range(100):  # until whoever inherits the orphan has buried it
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the grandchild is still there")


def test_a_client_sees_its_settings_and_the_proxy_but_nothing_that_loads_code(
    downloads, program, monkeypatch, tmp_path
):
    for name in ("PYTHONPATH", "NODE_OPTIONS", "PASSWORD", "PIP_X", "NPM_TOKEN", "https_proxy"):
        monkeypatch.setenv(name, "1")
    program("npm", "print(*sorted(os.environ)); pathlib.Path('left-1.0.0.tgz').touch()")
    done = client.run(["npm"], tmp_path, settings="NPM_", remedy="")
    seen = set(done.stdout.split())
    assert {"PATH", "HOME", "NPM_TOKEN", "npm_config_registry", "https_proxy", "LC_ALL"} <= seen
    assert not seen & {"PYTHONPATH", "NODE_OPTIONS", "PASSWORD", "PIP_X"}


def test_no_address_and_no_password_enters_a_message():
    said = "x\nERROR: GET https://me:pass/w@rd@example.org/x?token=1 failed, because.\nERROR: 2"
    message = str(client.refusal("pip", said, "ERROR:"))
    assert message == "cannot be fetched by pip (GET … failed, because): try again, or by hand"


def test_a_full_disk_is_no_fault_of_the_package(calls, downloads, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(DiskError, match="no space left"):
        fetch("npm", "left", downloads)
