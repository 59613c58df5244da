"""What a process gives up for good before it touches foreign bytes.

Limits of POSIX, and where the kernel has them Landlock (files, TCP, signals; `landlock(7)`) and an empty network
namespace (`network_namespaces(7)`). A kernel without the latter two still leaves the limits and the separate process.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["adopt_orphans", "confine", "leave_network"]

MAX_FILE: Final = 128 * 2**20
"""Largest file that a confined process may write, its answer included, in bytes."""

_MAX_OPEN: Final = 64
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

# <linux/prctl.h>, <linux/sched.h>
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_CHILD_SUBREAPER: Final = 36
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000

# <asm-generic/unistd.h> and <linux/landlock.h>
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_QUERY: Final = 1
_PATH_BENEATH: Final = 1
_EXECUTE: Final = 1 << 0
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_OF_FILES: Final = _EXECUTE | 1 << 1 | _READ_FILE | 1 << 14
_RIGHTS_SINCE: Final = ((1, 0x1FFF), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_TCP: Final = 0b11
_TCP_SINCE: Final = 4
_SCOPES: Final = 0b11
_SCOPES_SINCE: Final = 6

_PACKAGE: Final = Path(__file__).parents[2]
_READABLE: Final = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none escapes its end (`prctl(2)`)."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leave_network() -> None:
    """Move into an empty network namespace, where the kernel lets us."""
    # In a user namespace of its own, root would no longer read what belongs to others.
    if _LIBC.unshare(_CLONE_NEWNET) != 0 and os.geteuid() != 0:
        _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def confine(memory: int, seconds: float, read: Iterable[Path], scratch: Path) -> None:
    """Give up everything but computing.

    Args:
        memory: bytes of address space beyond what the process has now.
        seconds: CPU time from now on.
        read: files and folders that stay readable, beside the program itself.
        scratch: the folder that stays writable.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE)
    _limit(resource.RLIMIT_AS, _address_space() + memory)
    _limit(resource.RLIMIT_CPU, int(seconds + 1), grace=1)
    _restrict_files(read, scratch)


def _limit(what: int, most: int, grace: int = 0) -> None:
    hard = resource.getrlimit(what)[1]
    highest = most + grace if hard == resource.RLIM_INFINITY else min(most + grace, hard)
    resource.setrlimit(what, (min(most, highest), highest))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _restrict_files(read: Iterable[Path], scratch: Path) -> None:
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY)
    if version < 1:
        return
    handled = sum(rights for since, rights in _RIGHTS_SINCE if version >= since)
    fields = (handled, _TCP if version >= _TCP_SINCE else 0, _SCOPES if version >= _SCOPES_SINCE else 0)
    # An old kernel refuses fields that it does not know, unless they are zero.
    attributes = struct.pack("=QQQ", *fields)
    rules = _LIBC.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    program = {Path(sys.prefix), Path(sys.base_prefix), _PACKAGE, *map(Path, _READABLE)}
    for path in program:
        _allow(rules, path, _EXECUTE | _READ_FILE | _READ_FOLDER)
    _allow(rules, Path(os.devnull), handled)
    for path in read:
        _allow(rules, path, _READ_FILE | _READ_FOLDER)
    _allow(rules, scratch, handled)
    _LIBC.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    with suppress(OSError):  # what is not there needs no rule
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = rights if path.is_dir() else rights & _OF_FILES
        _LIBC.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
        os.close(place)
