"""A filter of system calls in classic BPF (`man 2 seccomp`), assembled here; `inside/confine` loads it.

It names what no honest program needs and answers EPERM; everything else is allowed. A call of another
architecture (32 bit, x32), which would have other numbers, ends the process.
"""

import platform
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EPERM, ENOSYS = 1, 38
AF_UNIX = 1
PRIO_USER = 2
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
CLONE_NEW = 0x7E020080  # namespaces: time, mount, cgroup, uts, ipc, user, pid, net
SETOWN, SETSIG, SETOWN_EX = 8, 10, 15  # of fcntl: signals to whom one names

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000

# Numbers of x86_64 and aarch64 (which shares the generic table); None where there is no such call.
_CALLS: Mapping[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chown": (92, None),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "connect": (42, 203),
    "bind": (49, 200),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "file_setattr": (469, 469),
    "fcntl": (72, 25),
    "finit_module": (313, 273),
    "fremovexattr": (199, 16),
    "fsconfig": (431, 431),
    "fsetxattr": (190, 7),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "futimesat": (261, None),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "lchown": (94, None),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "removexattr": (197, 14),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "truncate": (76, 45),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    "vhangup": (153, 58),
}
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "arm64": (1, 0xC00000B7)}

# What reaches beyond the process in any sandbox. memfd_create makes memory that no limit of ours counts.
DENIED = (
    "acct add_key bpf chroot delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick "
    "init_module io_uring_enter io_uring_register io_uring_setup kcmp kexec_file_load kexec_load "
    "keyctl memfd_create memfd_secret migrate_pages mount mount_setattr move_mount move_pages "
    "name_to_handle_at open_by_handle_at open_tree open_tree_attr perf_event_open pidfd_getfd pivot_root "
    "process_madvise process_mrelease process_vm_readv process_vm_writev ptrace quotactl quotactl_fd "
    "reboot request_key setdomainname sethostname setns swapoff swapon syslog umount2 unshare "
    "userfaultfd vhangup"
).split()
# Without namespaces: queues and memory that outlive us, and sockets, which Landlock leaves alone.
DENIED_IN_THE_OPEN = "mq_open msgget semget shmget socket connect bind sendmsg sendmmsg".split()
# As the user who started us, too: what Landlock leaves alone and only another identity would stop.
DENIED_AS_ONESELF = (
    "chmod chown fchmod fchmodat fchmodat2 fchown fchownat file_setattr fremovexattr fsetxattr futimesat ioprio_set "
    "lchown lremovexattr lsetxattr removexattr removexattrat sched_setattr sched_setparam "
    "sched_setscheduler setxattr setxattrat utime utimensat utimes"
).split()
# Where Landlock is too old for its scopes, or for truncation.
SIGNALS = "kill pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo tgkill tkill".split()


@dataclass(frozen=True)
class Condition:
    """A call is refused if this holds of 32 bits of an argument, the low ones unless `high`."""

    call: str
    argument: int
    values: tuple[int, ...] = ()  # one of these
    bits: int = 0  # or any of these bits
    other: bool = False  # or, with `other`, none of `values`
    high: bool = False


CONDITIONS = (
    Condition("clone", 0, bits=CLONE_NEW),
    Condition("socket", 0, values=(AF_UNIX,), other=True),
    Condition("socketpair", 0, values=(AF_UNIX,), other=True),
    Condition("ioctl", 1, values=(TIOCSTI, TIOCLINUX)),
)
# Only to whom one is connected: the pointer to an address is null.
SEND_TO_ADDRESS = (
    Condition("sendto", 4, values=(0,), other=True),
    Condition("sendto", 4, values=(0,), other=True, high=True),
)
TO_OTHERS = (
    Condition("prlimit64", 0, values=(0,), other=True),
    Condition("setpriority", 0, values=(PRIO_USER,)),
    Condition("setpriority", 1, values=(0,), other=True),
    Condition("sched_setaffinity", 0, values=(0,), other=True),
    Condition("fcntl", 1, values=(SETOWN, SETSIG, SETOWN_EX)),
)


def supported() -> bool:
    """Whether we know this machine's numbers."""
    return platform.machine() in _MACHINES


def program(calls: Iterable[str] = DENIED, conditions: Iterable[Condition] = CONDITIONS) -> bytes:
    """The filter, an array of `struct sock_filter`. clone3 hides its flags, so it does not exist."""
    column, architecture = _MACHINES[platform.machine()]
    code = [_load(_ARCHITECTURE), _jump(_EQUAL, architecture, 1, 0), _return(_KILL), _load(_NUMBER)]
    if column == 0:
        code += [_jump(_AT_LEAST, _X32, 0, 1), _return(_KILL)]
    errors = dict.fromkeys(sorted(calls), EPERM) | {"clone3": ENOSYS}
    for call, error in errors.items():
        if (number := _CALLS[call][column]) is not None:
            code += [_jump(_EQUAL, number, 0, 1), _return(_ERRNO | error)]
    for condition in conditions:
        if (number := _CALLS[condition.call][column]) is not None:
            code += _conditional(number, condition)
    return b"".join([*code, _return(_ALLOW)])


def _conditional(number: int, condition: Condition) -> list[bytes]:
    body = [_load(_ARGUMENTS + 8 * condition.argument + 4 * condition.high)]
    if condition.bits:
        body += [_jump(_ANY_BIT, condition.bits, 0, 1), _return(_ERRNO | EPERM)]
    elif condition.other:
        last = len(condition.values)
        body += [_jump(_EQUAL, v, last - n, 0) for n, v in enumerate(condition.values)]
        body += [_return(_ERRNO | EPERM)]
    else:
        for value in condition.values:
            body += [_jump(_EQUAL, value, 0, 1), _return(_ERRNO | EPERM)]
    body.append(_load(_NUMBER))
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, offset)


def _jump(operation: int, value: int, if_true: int, if_false: int) -> bytes:
    return _instruction(operation, value, if_true, if_false)


def _return(value: int) -> bytes:
    return _instruction(_RETURN, value)


def _instruction(code: int, k: int, jt: int = 0, jf: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jt, jf, k)
