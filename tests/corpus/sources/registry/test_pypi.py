"""Wheels come through the real pip, out of an index in a folder, and nothing that is built."""

import re
import subprocess
import sys
import sysconfig

import pytest

from codekiln.corpus.sources.registry import fetch
from codekiln.errors import SourceError

UNIVERSAL = "py3-none-any.whl"
OURS = f"py3-none-{re.sub('[.-]', '_', sysconfig.get_platform())}.whl"
BABBLE = "print('\\x00\\xff' * 1000); sys.stderr.buffer.write(bytes(range(256)))"


def test_the_newest_release_is_taken_unless_a_version_is_named(index, wheel, downloads):
    index("left", **{f"left-{v}-{UNIVERSAL}": wheel(v) for v in ("1.0", "1.1", "2.0rc1")})
    index("left", 'data-yanked="bad"', **{f"left-1.5-{UNIVERSAL}": wheel("1.5")})
    newest = fetch("pypi", "left", downloads)
    assert (newest.version, newest.archive.read_bytes()) == ("1.1", wheel("1.1"))
    for version in ("1.0", "1.5", "2.0rc1"):
        assert fetch("pypi", f"left=={version}", downloads).version == version
    assert fetch("pypi", "Left==1.0.0", downloads).version == "1.0"


def test_a_wheel_for_every_system_is_preferred_to_ours(index, wheel, downloads):
    index("left", **{f"left-1.0-{kind}": wheel("1.0") for kind in (OURS, UNIVERSAL)})
    index("right", **{f"right-1.0-{OURS}": wheel("1.0", "right")})
    assert files(fetch("pypi", "left", downloads)) == [f"left-1.0-{UNIVERSAL}", "receipt.json"]
    assert files(fetch("pypi", "right", downloads)) == ["receipt.json", f"right-1.0-{OURS}"]


def test_a_source_archive_is_refused_and_not_run(index, sdist, wheel, downloads, trap):
    index("left", **{"left-1.0.tar.gz": sdist("1.0"), "left-2.0.tar.gz": sdist("2.0")})
    with pytest.raises(SourceError, match=r"no wheel for this Python: write 'sdist:left'\.$"):
        fetch("pypi", "left", downloads)
    index("left", **{f"left-1.0-{UNIVERSAL}": wheel("1.0")})
    with pytest.raises(SourceError, match=r"take 1\.0, or write 'sdist:left==2\.0'\.$"):
        fetch("pypi", "left==2.0", downloads)
    assert fetch("pypi", "left", downloads).version == "1.0"
    assert not trap.exists()


def test_a_plain_download_would_have_run_it(index, sdist, tmp_path, trap):
    index("left", **{"left-1.0.tar.gz": sdist("1.0")})
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", tmp_path, "left"]
    subprocess.run(command, check=False, capture_output=True)
    assert trap.exists()


def test_a_package_that_is_not_there(index, wheel, downloads):
    index("left", **{f"left-1.0-{UNIVERSAL}": wheel("1.0")})
    with pytest.raises(SourceError, match=r"^'pypi:right' does not exist in the registry"):
        fetch("pypi", "right", downloads)
    with pytest.raises(SourceError, match=r"^'pypi:left==3' has no wheel of that version"):
        fetch("pypi", "left==3", downloads)


def test_a_wheel_with_another_hash_than_the_index_has(index, wheel, downloads, tmp_path):
    index("left", **{f"left-1.0-{UNIVERSAL}": wheel("1.0")})
    (tmp_path / f"index/left/left-1.0-{UNIVERSAL}").write_bytes(wheel("1.1"))
    with pytest.raises(SourceError, match=r"by pip \(THESE PACKAGES DO NOT MATCH THE HASHES"):
        fetch("pypi", "left", downloads)


def test_no_network(downloads):
    with pytest.raises(SourceError, match="because no registry answers: check the network"):
        fetch("pypi", "left", downloads)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("sys.exit('/usr/bin/python: No module named pip')", "run 'python-alone -m ensurepip'"),
        (BABBLE, "cannot be fetched by pip: try again"),
        (f"{BABBLE}; sys.exit(3)", "cannot be fetched by pip: try again"),
    ],
)
def test_no_pip_or_one_that_babbles(downloads, monkeypatch, program, lines, message):
    monkeypatch.setattr(sys, "executable", str(program("python-alone", lines)))
    with pytest.raises(SourceError, match=message):
        fetch("pypi", "left", downloads)


def files(fetched):
    return sorted(path.name for path in fetched.archive.parent.iterdir())
