"""Runs a unit's command as the unit confines it, without systemd: its environment, its limit
of descriptors, no capability, its system calls and its families of sockets.

A call that the unit would refuse ends the program here, so that it cannot go unnoticed.
BINARIES and STATE stand for /usr/local/bin and /var/lib; what follows are further arguments.
"""

import configparser
import ctypes
import os
import pathlib
import resource
import socket
import subprocess
import sys

import seccomp

PR_CAPBSET_DROP = 24


class Repeated(dict):
    """A setting said twice is a list, as systemd has it."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def members(group):
    """The system calls of one of systemd's groups, and of the groups in it."""
    shown = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    calls = set()
    for line in shown.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= members(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed(lines):
    calls = set()
    for line in lines:
        refused = line.startswith("~")
        for word in line.removeprefix("~").split():
            some = members(word) if word.startswith("@") else {word}
            calls = calls - some if refused else calls | some
    return calls


unit, binaries, state, *arguments = sys.argv[1:]
parser = configparser.RawConfigParser(dict_type=Repeated, strict=False, empty_lines_in_values=False)
parser.optionxform = str
parser.read(unit)
# Values are lists until the parser has joined them.
service = {key: value.split("\n") for key, value in parser["Service"].items()}

program, *words = service["ExecStart"][0].split()
program = program.replace("/usr/local/bin", binaries)
environment = dict(os.environ)
environment.update(line.split("=", 1) for line in service["Environment"])
if "WorkingDirectory" in service:
    directory = pathlib.Path(service["WorkingDirectory"][0].replace("%S", state))
    directory.mkdir(parents=True)
    os.chdir(directory)
os.umask(int(service["UMask"][0], 8))

filter = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
calls = allowed(service["SystemCallFilter"])
assert "io_uring_setup" in calls, "compio needs it"
for call in calls - {"socket"}:
    # Of other processors.
    if seccomp.resolve_syscall(seccomp.Arch(), call) != -1:
        filter.add_rule(seccomp.ALLOW, call)
for family in service["RestrictAddressFamilies"][0].split():
    filter.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, getattr(socket, family)))

limit = int(service["LimitNOFILE"][0])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
if os.geteuid() == 0:
    assert service["CapabilityBoundingSet"] == [""]
    libc = ctypes.CDLL(None, use_errno=True)
    last = int(pathlib.Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        # One that a container does not have need not be dropped.
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
filter.load()
os.execve(program, [program, *words, *arguments], environment)
