"""Can this machine do the work? Findings for `codekiln doctor`, each with the remedy beside it.

Everything is learned from package metadata and the operating system: no package is imported, so the
answer comes at once and also where an import would crash. Only the sandbox is tried.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from codekiln.device import core_count
from codekiln.sandbox import Layer, cgroup
from codekiln.sandbox.sandbox import tried

PACKAGE = "codekiln"
OLDEST_PYTHON = (3, 11)
LEAST_DISK = LEAST_MEMORY = 2 * 10**9  # bytes
CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
BUBBLEWRAP = "apt-get install bubblewrap"
BF16_FLAGS = ("avx512_bf16", "amx_bf16")

EXTRAS = {
    "corpus": "building a corpus and training",
    "train": "training and the report",
    "ray": "corpora built on a Ray cluster",
    "hub": "datasets and models of the Hugging Face hub",
    "gguf": "models in the form of llama.cpp",
    "compare": "comparisons with other tokenizers",
    "grammar": "answers that fit a JSON schema",
    "servers": "completions by a server's model",
    "tensorboard": "curves of a training in TensorBoard",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is empty where there is nothing to do."""

    name: str
    state: Literal["ok", "missing", "warning"]
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Requirement:
    """One line of our own package metadata, as far as it matters here."""

    name: str
    least: str
    extra: str


def diagnose() -> list[Finding]:
    """All findings: Python, packages, then the machine."""
    machine = [processor(), bf16(), graphics(), memory(), disk()]
    return [python(), *packages(), *machine, sandbox()]


def python() -> Finding:
    """The interpreter's version."""
    found = platform.python_version()
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("Python", "ok", found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", "missing", found, f"install Python {oldest} or later")


def packages() -> list[Finding]:
    """What codekiln needs, and what each extra adds."""
    needed = list(requirements())
    if not needed:
        return [Finding(PACKAGE, "missing", "is not installed", f"pip install {PACKAGE}")]
    return [_package(requirement) for requirement in needed]


def requirements() -> Iterator[Requirement]:
    """The base dependencies and those of the known extras, from our own metadata."""
    try:
        lines = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        needed, _, marker = line.partition(";")
        extra = re.fullmatch(r"extra == ['\"](\w+)['\"]", marker.strip())
        if needed.startswith(f"{PACKAGE}["):
            continue  # one extra takes in another, whose own lines follow
        if marker and (extra is None or extra[1] not in EXTRAS):
            continue  # a developer's tool, or meant for another system
        name = re.match(r"[\w.-]+", needed)
        least = re.search(r">=\s*([\d.]+)", needed)
        assert name, line
        assert least, f"{line!r} does not say which version is the oldest"
        yield Requirement(name[0], least[1], extra[1] if extra else "")


def _package(requirement: Requirement) -> Finding:
    name, extra = requirement.name, requirement.extra
    remedy = f"pip install '{name}>={requirement.least}'"
    if extra:
        remedy = f"pip install '{PACKAGE}[{extra}]'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        purpose = f"is not installed; {EXTRAS[extra]} need it" if extra else "is not installed"
        return Finding(name, "missing", purpose + _cpu_remark(name), remedy)
    if _numbers(version) < _numbers(requirement.least):
        return Finding(name, "warning", f"{version} is older than {requirement.least}", remedy)
    return _torch_build(version) if name == "torch" else Finding(name, "ok", version)


def _cpu_remark(name: str) -> str:
    if name != "torch" or sys.platform != "linux" or NVIDIA_DRIVER.exists():
        return ""
    return (
        "; without a GPU, install the CPU build of torch first (the README says how), "
        "or pip fetches gigabytes of CUDA"
    )


def _torch_build(version: str) -> Finding:
    """What a torch was built for, by its version's local part (`+cpu`, `+cu128`, `+rocm6.4`)."""
    local = version.partition("+")[2]
    if local == "cpu" and NVIDIA_DRIVER.exists():
        detail = f"{version}, a CPU build beside an NVIDIA driver"
        return Finding(
            "torch", "warning", detail, "install a CUDA build of torch, as the README says"
        )
    if local.startswith("rocm"):
        kind = ", ROCm build"
    elif local.startswith("cu") or (not local and sys.platform == "linux"):
        kind = ", CUDA build"
    else:
        kind = ", CPU build" if local == "cpu" else ""
    return Finding("torch", "ok", version + kind)


def processor() -> Finding:
    """The processors this process may use."""
    cores = core_count()
    return Finding("cores", "ok", f"{cores} of {os.cpu_count() or cores}, {platform.machine()}")


def bf16() -> Finding:
    """Whether the processor computes in bf16; training tries it and takes the faster either way."""
    text = _read(CPU_INFO)
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.M)
    if flags is None:
        return Finding("bf16", "ok", "the system does not say; training finds out by trying")
    found = [flag for flag in (*BF16_FLAGS, "bf16") if flag in flags[1].split()]
    detail = ", ".join(found) if found else "no instructions for it, so fp32 is likely faster"
    return Finding("bf16", "ok", detail)


def graphics() -> Finding:
    """Whether there is a GPU for torch; none is needed."""
    if NVIDIA_DRIVER.exists():
        return Finding("GPU", "ok", "NVIDIA driver present")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Finding("GPU", "ok", "Apple")
    return Finding("GPU", "ok", "none found, none needed")


def memory() -> Finding:
    """The memory this process may use: the machine's, or its container's if that is less."""
    total = memory_bytes()
    if total is None:
        return Finding("memory", "ok", "the system does not say")
    if total >= LEAST_MEMORY:
        return Finding("memory", "ok", _gigabytes(total))
    return Finding(
        "memory",
        "warning",
        f"{_gigabytes(total)} is little for training",
        "close other programs, or set model.depth lower",
    )


def memory_bytes() -> int | None:
    """Bytes of memory, or None where the system has no way of telling."""
    counted = re.search(r"^MemTotal:\s*(\d+) kB", _read(MEMORY_INFO), re.M)
    if counted:
        total = 1024 * int(counted[1])
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        return None
    limit = _read(MEMORY_LIMIT).strip()
    return min(total, int(limit)) if limit.isdigit() else total


def sandbox() -> Finding:
    """Which sandbox holds what a model wrote, found out by a trial."""
    against: list[str] = []
    for backend, reason in tried():
        if not reason:
            layers = backend.layers if cgroup.available() else backend.layers - {Layer.CGROUP}
            detail = f"{backend.name}: {', '.join(sorted(layers))}"
            if not against:
                return Finding("sandbox", "ok", detail)
            return Finding("sandbox", "warning", f"{detail}; {against[0]}", BUBBLEWRAP)
        against.append(reason)
    return Finding("sandbox", "missing", "; ".join(against), BUBBLEWRAP)


def disk() -> Finding:
    """The current folder: may it be written, and how much fits."""
    elsewhere = "go to another folder, or give one with --work"
    try:
        free = shutil.disk_usage(".").free
    except OSError as error:
        return Finding("disk", "warning", f"this folder cannot be read ({error})", elsewhere)
    if not os.access(".", os.W_OK):
        return Finding("disk", "warning", "this folder cannot be written to", elsewhere)
    if free < LEAST_DISK:
        remedy = f"free some space, or {elsewhere}"
        return Finding("disk", "warning", f"only {_gigabytes(free)} free here", remedy)
    return Finding("disk", "ok", f"{_gigabytes(free)} free here")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version as numbers: `(2, 10)` for `2.10rc1+cpu`."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
