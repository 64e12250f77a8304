"""Findings on made-up machines, one fact at a time; the twin is a machine with everything."""

import subprocess
import sys
import tomllib
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from codekiln.pipeline import doctor
from codekiln.sandbox.backends import Bubblewrap, Landlock

REQUIRES = [
    "numpy>=2.0",
    "typer>=0.20",
    "matplotlib>=3.9; extra == 'train'",
    'safetensors>=0.6 ; extra == "train"',
    "torch>=2.10; extra == 'train'",
    "pytest>=8; extra == 'dev'",
    "colorama>=0.4; sys_platform == 'win32'",
]
INSTALLED = {
    "numpy": "2.4.6",
    "typer": "0.29.2",
    "matplotlib": "3.11.2",
    "safetensors": "0.8.0",
    "torch": "2.13.0+cpu",
}
ROOT = Path(__file__).parents[2]
TRAIN = "pip install 'codekiln[train]'"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A Linux machine with everything; tests take away from the dictionary it returns."""
    installed = dict(INSTALLED)

    def version(name):
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "requires", lambda name: REQUIRES)
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(sys, "platform", "linux")
    for constant, text in {
        "CPU_INFO": "processor\t: 0\nflags\t\t: fpu avx512_bf16 amx_bf16 sse\n",
        "MEMORY_INFO": "MemTotal:       16000000 kB\nMemFree: 1 kB\n",
        "MEMORY_LIMIT": "max\n",
    }.items():
        path = tmp_path / constant
        path.write_text(text)
        monkeypatch.setattr(doctor, constant, path)
    monkeypatch.setattr(doctor, "NVIDIA_DRIVER", tmp_path / "no-driver")
    sandboxes(monkeypatch, "")
    free_disk(monkeypatch, 50 * 10**9)
    return installed


def free_disk(monkeypatch, free):
    usage = namedtuple("usage", "free")(free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)


def finding(name):
    (found,) = [item for item in doctor.diagnose() if item.name == name]
    return found


def test_with_everything_there_all_is_ok(machine):
    findings = doctor.diagnose()
    assert {item.state for item in findings} == {"ok"}
    assert not any(item.remedy for item in findings)
    names = [item.name for item in findings]
    assert names[:6] == ["Python", "numpy", "typer", "matplotlib", "safetensors", "torch"]
    assert finding("torch").detail == "2.13.0+cpu, CPU build"
    assert finding("bf16").detail == "avx512_bf16, amx_bf16"
    assert finding("memory").detail == "16.4 GB"


def test_every_extra_that_a_user_may_want_is_known():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    of_developers = {"bench", "dev", "llama"}
    assert set(doctor.EXTRAS) == set(project["optional-dependencies"]) - of_developers


@pytest.mark.parametrize("name", ["torch", "safetensors", "matplotlib"])
def test_a_missing_extra_has_exactly_its_install_line(machine, name):
    del machine[name]
    found = finding(name)
    assert (found.state, found.remedy) == ("missing", TRAIN)
    assert ("CPU build of torch first" in found.detail) == (name == "torch")
    assert "://" not in found.detail


def test_beside_a_gpu_torch_is_not_advised_to_be_a_cpu_build(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "NVIDIA_DRIVER", tmp_path)
    assert finding("torch").state == "warning"
    machine["torch"] = "2.13.0+cu128"
    assert finding("torch") == doctor.Finding("torch", "ok", "2.13.0+cu128, CUDA build")
    del machine["torch"]
    assert "CPU build" not in finding("torch").detail


@pytest.mark.parametrize(
    ("version", "platform", "kind"),
    [
        ("2.13.0", "linux", ", CUDA build"),
        ("2.13.0", "darwin", ""),
        ("2.13.0+rocm6.4", "linux", ", ROCm build"),
        ("2.13.0+cpu", "win32", ", CPU build"),
    ],
)
def test_what_torch_was_built_for(machine, monkeypatch, version, platform, kind):
    monkeypatch.setattr(sys, "platform", platform)
    machine["torch"] = version
    assert finding("torch").detail == version + kind


def test_a_missing_base_package_is_told(machine):
    del machine["numpy"]
    assert finding("numpy") == doctor.Finding(
        "numpy", "missing", "is not installed", "pip install 'numpy>=2.0'"
    )


@pytest.mark.parametrize(
    ("version", "state"),
    [("1.26.4", "warning"), ("2", "ok"), ("2.0", "ok"), ("2.0.0rc1", "ok"), ("10.1", "ok")],
)
def test_an_old_package_is_told(machine, version, state):
    machine["numpy"] = version
    assert finding("numpy").state == state


def test_a_source_tree_that_was_not_installed_is_told(machine, monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert finding("codekiln").remedy == "pip install codekiln"


def test_an_old_python_is_told(machine, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9, "final", 0))
    assert finding("Python").state == "missing"
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    assert finding("Python").state == "ok"


@pytest.mark.parametrize(("free", "state"), [(10**9, "warning"), (2 * 10**9, "ok")])
def test_little_disk_is_told(machine, monkeypatch, free, state):
    free_disk(monkeypatch, free)
    assert finding("disk").state == state


def test_a_folder_one_may_not_write_to_is_told(machine, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert "--work" in finding("disk").remedy


@pytest.mark.parametrize(("limit", "state"), [("1500000000", "warning"), ("4000000000", "ok")])
def test_the_container_s_memory_counts(machine, limit, state):
    doctor.MEMORY_LIMIT.write_text(limit)
    assert finding("memory").state == state


def test_systems_without_proc_are_fine(machine, monkeypatch, tmp_path):
    for constant in ("CPU_INFO", "MEMORY_INFO", "MEMORY_LIMIT"):
        monkeypatch.setattr(doctor, constant, tmp_path / "none")
    assert {item.state for item in doctor.diagnose()} == {"ok"}
    monkeypatch.setattr(doctor.os, "sysconf_names", {}, raising=False)
    assert finding("memory").detail == "the system does not say"


def test_our_own_metadata_can_be_read():
    named = {item.name: item for item in doctor.requirements()}
    assert named["torch"].extra == "train"
    assert named["numpy"].extra == ""


def test_nothing_heavy_is_imported():
    code = (
        "import sys, codekiln.pipeline.doctor as d; d.diagnose();"
        "print({'torch', 'matplotlib', 'numpy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def sandboxes(monkeypatch, *reasons):
    """Bubblewrap, then Landlock: why each cannot be used."""
    tried = list(zip((Bubblewrap(), Landlock()), reasons, strict=False))
    monkeypatch.setattr(doctor, "tried", lambda: iter(tried))
    monkeypatch.setattr(doctor.cgroup, "available", lambda: False)


def test_the_sandbox_is_told_with_its_layers(machine, monkeypatch):
    assert finding("sandbox").state == "ok"
    assert finding("sandbox").detail.startswith("bubblewrap: capabilities, descriptors, ")
    sandboxes(monkeypatch, "bubblewrap is not installed", "")
    found = finding("sandbox")
    assert (found.state, found.remedy) == ("warning", "apt-get install bubblewrap")
    assert found.detail.startswith("landlock: ")
    assert found.detail.endswith("; bubblewrap is not installed")
    sandboxes(monkeypatch, "bubblewrap is not installed", "the kernel has no Landlock")
    found = finding("sandbox")
    assert (found.state, found.remedy) == ("missing", "apt-get install bubblewrap")
    assert found.detail == "bubblewrap is not installed; the kernel has no Landlock"
