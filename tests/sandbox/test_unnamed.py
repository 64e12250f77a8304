"""What a process holds without a name is counted: once, in each thread, and of a part the whole."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from codekiln.sandbox.processes import resident
from codekiln.sandbox.unnamed import deleted_files, shared_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")
SIZE = 8 << 20
PRELUDE = f"""
import ctypes, mmap, os, sys, tempfile, threading
libc, SIZE = ctypes.CDLL(None), {SIZE}

def wait():
    print("ready", flush=True)
    sys.stdin.read()

def deleted():
    file = tempfile.TemporaryFile()
    file.write(bytes(SIZE))
    file.flush()
    os.fsync(file.fileno())
    return file
"""


@contextmanager
def holding(source, folder):
    """The ids of a process and its children, which hold what they do until we have seen it."""
    command = [sys.executable, "-c", PRELUDE + source]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=folder) as process:
        said = process.stdout.readline()
        if said == "refused\n":
            pytest.skip("a container that lets threads share all their files")
        assert said == "ready\n"
        yield [process.pid]
        process.stdin.close()


def test_a_deleted_file_counts_once_and_one_with_a_name_does_not(tmp_path):
    source = """
file, named = deleted(), open("named", "wb")
named.write(bytes(SIZE))
again = os.dup(file.fileno())
wait()
"""
    with holding(source, tmp_path) as pids:
        assert SIZE <= deleted_files(pids) < 2 * SIZE
        assert shared_memory(pids) == 0


def test_a_thread_with_files_of_its_own_counts(tmp_path):
    source = """
file, parted, closed = deleted(), threading.Event(), threading.Event()

def part():
    if libc.unshare(0x400):  # CLONE_FILES
        print("refused", flush=True)
        os._exit(0)
    parted.set()
    closed.wait()

thread = threading.Thread(target=part)
thread.start()
parted.wait()
file.close()
wait()
closed.set()
"""
    with holding(source, tmp_path) as pids:
        assert deleted_files(pids) >= SIZE


def test_memory_that_is_shared_counts_once_whether_resident_or_not(tmp_path):
    source = """
held = mmap.mmap(-1, SIZE)
held.write(bytes(SIZE))
held.madvise(mmap.MADV_DONTNEED)
wait()
"""
    with holding(source, tmp_path) as pids:
        assert SIZE <= shared_memory(pids * 2) < 2 * SIZE
        assert deleted_files(pids) == 0
        assert 1 << 20 < resident(pids) < resident(pids * 2)


def test_of_shared_memory_one_page_holds_the_whole(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("root alone is told of what is not mapped")
    source = """
libc.mmap.restype = ctypes.c_void_p
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
place = libc.mmap(None, SIZE, 3, 0x21, -1, 0)
ctypes.memset(ctypes.c_void_p(place), 1, SIZE)
assert libc.munmap(place + 4096, SIZE - 4096) == 0
wait()
"""
    with holding(source, tmp_path) as pids:
        assert shared_memory(pids) >= SIZE
