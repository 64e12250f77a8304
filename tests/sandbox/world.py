"""What there is to be attacked: files, sockets, a process, shared memory, open descriptors."""

import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SECRET = "CODEKILN_SECRET"  # a variable that everybody inherits from us
# Where some Python of the system has packages that anybody may read.
PACKAGES = (
    "lib/python3*/*-packages/*",
    "lib64/python3*/*-packages/*",
    "local/lib/python3*/*-packages/*",
)


@dataclass(frozen=True)
class World:
    """All of it lies open to anybody whom nothing confines."""

    base: Path
    common: dict[str, object]

    def facts(self, attack: str) -> dict[str, object]:
        """What one attack is told: its own files, and what all share."""
        folder = self.base / attack
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        folder.chmod(0o777)
        (folder / "empty").mkdir()
        for name, rights in {"secret": 0o666, "scratch": 0o666, "owned": 0o644}.items():
            (folder / name).write_text("secret")
            (folder / name).chmod(rights)
        shutil.copy("/bin/true", folder / "tool")
        paths = {name: str(folder / name) for name in ("secret", "scratch", "owned", "tool")}
        name = f"{self.common['name']}-{attack}"
        more = {"name": name, "vartmp": f"/var/tmp/{name}", "folder": str(folder)}
        return {**self.common, **paths, **more}

    def leftovers(self) -> list[int]:
        """Processes that an attack has left behind. They are ended."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self.common["nap"]).encode() in entry.read_bytes().split(b"\0"):
                    found.append(int(entry.parent.name))
                    os.kill(found[-1], 9)
        return found


@contextmanager
def world() -> Iterator[World]:
    """Made for some attacks, and cleared away."""
    with ExitStack() as stack:
        # Not in /tmp, which bubblewrap covers even where it lets everything through.
        folder = tempfile.TemporaryDirectory(prefix="codekiln-world-", dir="/var/tmp")
        base = Path(stack.enter_context(folder))
        base.chmod(0o777)
        name = f"codekiln-{secrets.token_hex(6)}"
        stack.callback(_clear, name)
        common: dict[str, object] = {"name": name, "nap": str(secrets.randbelow(10**6) + 60)}
        os.environ[SECRET] = "secret"
        stack.callback(os.environ.pop, SECRET)
        common |= _listeners(stack, base, name)
        common |= _process(stack, base)
        common |= _memory(stack)
        common |= _queue(stack, name)
        common["packaged"] = str(packaged() or base / "secret")
        (base / "secret").write_text("secret")
        common["inherited"] = _open(stack, base / "secret", os.O_RDONLY)
        common["inherited_folder"] = _open(stack, base, os.O_PATH)
        yield World(base, common)


def packaged() -> Path | None:
    """A file of some package."""
    found = (path for pattern in PACKAGES for path in Path("/usr").glob(pattern))
    return next((path for path in found if path.is_file()), None)


def _listeners(stack: ExitStack, folder: Path, name: str) -> dict[str, object]:
    def listener(family: int, kind: int, address: object) -> socket.socket:
        made = stack.enter_context(socket.socket(family, kind))
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        return made

    tcp = listener(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
    tcp6 = listener(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
    udp = listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
    listener(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}")
    for file, kind in (("socket", socket.SOCK_STREAM), ("datagrams", socket.SOCK_DGRAM)):
        listener(socket.AF_UNIX, kind, str(folder / file))
        (folder / file).chmod(0o777)
    for serve, source in ((_pages, tcp), (_echo, udp)):
        thread = threading.Thread(target=serve, args=(source,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(_wake, source)
    ports = {"tcp": tcp, "tcp6": tcp6, "udp": udp}
    paths = {file: str(folder / file) for file in ("socket", "datagrams")}
    more = {key: made.getsockname()[1] for key, made in ports.items()}
    return {"abstract": name, **paths, **more}


def _pages(listener: socket.socket) -> None:
    """A page for anybody, until somebody says end."""
    asked = b""
    while asked != b"end":
        client, _ = listener.accept()
        with client, suppress(OSError):
            client.settimeout(0.5)
            asked = client.recv(999)
            client.sendall(b"HTTP/1.0 200 OK\r\n\r\nsecret")


def _echo(udp: socket.socket) -> None:
    """What was sent, back to anybody, until it is end."""
    message = b""
    while message != b"end":
        message, sender = udp.recvfrom(999)
        udp.sendto(message, sender)


def _wake(listener: socket.socket) -> None:
    with socket.socket(socket.AF_INET, listener.type) as client:
        client.connect(listener.getsockname())
        client.send(b"end")


def _process(stack: ExitStack, folder: Path) -> dict[str, object]:
    """Somebody else's processes, each the leader of its group, and an address in the memory of one."""

    def asleep() -> int:
        command = ["sleep", "600"]
        made = stack.enter_context(subprocess.Popen(command, cwd=folder, start_new_session=True))
        stack.callback(made.kill)
        return made.pid

    victim, signalled = asleep(), asleep()
    mapped = Path(f"/proc/{victim}/maps").read_text().partition("-")[0]
    return {"victim": victim, "victim_memory": int(mapped, 16), "signalled": signalled}


def _memory(stack: ExitStack) -> dict[str, object]:
    """A segment, a queue and a semaphore of System V's, open to anybody; and a key to be used."""
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    libc.shmdt.argtypes = [ctypes.c_void_p]
    key, spare = (secrets.randbelow(1 << 30) + 1 for _ in range(2))
    number = libc.shmget(key, 4096, 0o1666)
    place = libc.shmat(number, None, 0)
    ctypes.memmove(place, b"secret", 6)
    libc.shmdt(place)
    stack.callback(libc.shmctl, number, 0, None)
    queue, semaphore = libc.msgget(0, 0o1666), libc.semget(0, 1, 0o1666)
    stack.callback(libc.msgctl, queue, 0, None)
    stack.callback(libc.semctl, semaphore, 0, 0)
    numbers = {"memory_number": number, "queue_number": queue, "semaphore_number": semaphore}
    stack.callback(lambda: libc.shmctl(libc.shmget(spare, 0, 0), 0, None))
    stack.callback(lambda: libc.msgctl(libc.msgget(spare, 0), 0, None))
    stack.callback(lambda: libc.semctl(libc.semget(spare, 0, 0), 0, 0))
    return {"memory_key": key, "spare_key": spare, **numbers}


def _queue(stack: ExitStack, name: str) -> dict[str, object]:
    """A queue of POSIX, which anybody may open."""
    libc, path = ctypes.CDLL(None), f"/{name}".encode()
    descriptor = libc.mq_open(path, os.O_RDWR | os.O_CREAT, 0o666, None)
    os.fchmod(descriptor, 0o666)
    stack.callback(os.close, descriptor)
    stack.callback(libc.mq_unlink, path)
    return {"queue": path.decode()}


def _open(stack: ExitStack, path: Path, flags: int) -> int:
    descriptor = os.open(path, flags)
    os.set_inheritable(descriptor, True)
    stack.callback(os.close, descriptor)
    return descriptor


def _clear(name: str) -> None:
    """Whatever an attack has left under the name it was given."""
    for folder in ("/var/tmp", "/dev/shm", "/dev", "/tmp", "/"):
        for path in Path(folder).glob(f"{name}*"):
            with suppress(OSError):
                path.unlink()
