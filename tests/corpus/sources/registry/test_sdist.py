"""Source archives are taken from the index by name and hash: the code in them lies still."""

import io
import subprocess
import sys
import tarfile

import pytest

from codekiln.corpus.sources import registry
from codekiln.corpus.sources.registry import fetch
from codekiln.errors import MissingExtraError, SourceError


def archives(sdist, *versions):
    return {f"left-{version}.tar.gz": sdist(version) for version in versions}


def test_a_source_archive_comes_whole_and_nothing_in_it_runs(index, sdist, downloads, trap):
    index("left", **archives(sdist, "1.0"))
    fetched = fetch("sdist", "left", downloads)
    assert (fetched.name, fetched.version) == ("left", "1.0")
    assert fetched.archive.read_bytes() == sdist("1.0")
    with tarfile.open(fileobj=io.BytesIO(fetched.archive.read_bytes())) as archive:
        assert "left-1.0/setup.py" in archive.getnames()
    assert not trap.exists()


def test_a_build_of_the_same_archive_runs_its_code(sdist, tmp_path, trap):
    (tmp_path / "left-1.0.tar.gz").write_bytes(sdist("1.0"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "./left-1.0.tar.gz"]
    subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)
    assert trap.exists()


def test_the_newest_release_is_taken_unless_a_version_is_named(index, sdist, downloads):
    index("left", **archives(sdist, "1.9", "1.10", "2.0rc1", "2.0.dev3"))
    index("left", 'data-yanked=""', **archives(sdist, "1.11"))
    index("left", **{"left-9.0-py3-none-any.whl": b"", "left-nonsense.tar.gz": b"", "README": b""})
    index("left", **{"right-8.0.tar.gz": b"another package"})
    assert fetch("sdist", "left", downloads).version == "1.10"
    for version in ("1.9", "1.11", "2.0rc1", "2.0.dev3"):
        assert fetch("sdist", f"left=={version}", downloads).version == version
    assert fetch("sdist", "LEFT==1.9.0", downloads).version == "1.9"


def test_what_is_not_there_is_said(index, sdist, downloads):
    index("left", **archives(sdist, "1.0rc1", "1.0rc2"))
    index("right", **{"right-1.0-py3-none-any.whl": b""})
    for package, message in (
        ("middle", "does not exist in the registry"),
        ("right", "only wheels: write 'pypi:right'"),
        ("left", r"but pre-releases and yanked ones: pin 1\.0rc2"),
        ("left==1.0", r"no source archive of that version: pin 1\.0rc2"),
        ("left==noversion", r"no source archive of that version: pin 1\.0rc2"),
    ):
        with pytest.raises(SourceError, match=f"^'sdist:{package}' .*{message}"):
            fetch("sdist", package, downloads)


def test_another_content_than_the_index_promised_is_refused(index, sdist, downloads, tmp_path):
    index("left", **archives(sdist, "1.0"))
    (tmp_path / "index/left/left-1.0.tar.gz").write_bytes(sdist("1.1"))
    with pytest.raises(SourceError, match="not the file that its index promised"):
        fetch("sdist", "left", downloads)
    assert not list(downloads.rglob("*.tar.gz"))


def test_a_tar_ball_is_preferred_to_a_zip(index, sdist, downloads):
    index("left", **{"left-1.0.zip": b"zip", **archives(sdist, "1.0")})
    assert fetch("sdist", "left", downloads).archive.name == "left-1.0.tar.gz"


def test_every_index_of_the_settings_is_asked_and_the_first_wins(
    index, sdist, downloads, monkeypatch, tmp_path
):
    index("left", **archives(sdist, "1.0"))
    extra = tmp_path / "extra/left"
    extra.mkdir(parents=True)
    for version in ("1.0", "1.1"):
        (extra / f"left-{version}.tar.gz").write_bytes(b"extra")
    page = "".join(f'<a href="{path.name}">{path.name}</a>' for path in extra.iterdir())
    (extra / "index.html").write_text(page)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", extra.parent.as_uri())
    assert fetch("sdist", "left==1.0", downloads).archive.read_bytes() == sdist("1.0")
    assert fetch("sdist", "left", downloads).archive.read_bytes() == b"extra"


def test_settings_in_a_file_count_and_the_environment_beats_them(
    index, sdist, downloads, monkeypatch, tmp_path
):
    index("left", **archives(sdist, "1.0"))
    (tmp_path / "pip.conf").write_text("[global]\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(SourceError, match="set up with 'no-index': unset it"):
        fetch("sdist", "left", downloads)
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    assert fetch("sdist", "left", downloads).version == "1.0"


def test_no_network_and_no_password_in_the_message(downloads, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:hunter2@127.0.0.1:9/simple")
    with pytest.raises(SourceError, match="because no registry answers: check") as caught:
        fetch("sdist", "left", downloads)
    assert "hunter2" not in str(caught.value)


def test_a_page_that_is_none(downloads, monkeypatch, tmp_path, index, sdist):
    index("left", **archives(sdist, "1.0"))
    page = tmp_path / "index/left/index.html"
    page.write_text('<meta name="pypi:repository-version" content="9.0">')
    with pytest.raises(SourceError, match=r"from pip's index \(UnsupportedRepoVersionError\)"):
        fetch("sdist", "left", downloads)
    page.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(SourceError, match="does not exist"):
        fetch("sdist", "left", downloads)


def test_without_the_libraries_the_line_that_installs_them(downloads, monkeypatch):
    for module in ("sdist", "index"):
        # An import of either may have been before: then the package knows it, too.
        monkeypatch.delitem(sys.modules, f"{registry.__name__}.{module}", raising=False)
        monkeypatch.delattr(registry, module, raising=False)
    monkeypatch.setitem(sys.modules, "pypi_simple", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'codekiln\[corpus\]'"):
        fetch("sdist", "left", downloads)
