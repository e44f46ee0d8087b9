"""Why a sandbox does not start here, and what whoever runs the machine can do about it. Runs in the judge."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import joined, some
from autograder.sandbox.kernel import users
from autograder.sandbox.kernel.filesystem import closed_folders, parents
from autograder.sandbox.kernel.landlock import scopes_signals
from autograder.sandbox.mounts import NotInstalled, interpreter, needed
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.subject import allowed

_NO_NAMESPACES = ("creating new namespace", "create new namespace", "new namespace failed", "uid map", "uid_map",
                  "RTM_NEWADDR", "unshare:", "loopback:", "setgroups")  # fmt: skip
_NO_MOUNTS = ("Failed to make / slave", "pivot_root", "mount", "Can't bind", "Can't mkdir", "open_tree")
_NO_PYTHON = ("execvp", "No module named 'encodings'", "init_fs_encoding", "loading shared libraries")
_ALLOW = "--security-opt seccomp=unconfined --security-opt apparmor=unconfined"


@dataclass(frozen=True)
class Refusal:
    """A sandbox that does not start here: its layers, why, what to do, and what was `said` by those who know."""

    layers: tuple[str, ...]
    why: str
    remedy: str
    said: str


class OutOfReach(SandboxError):
    """In there modules or files cannot be read that student code may need."""

    def __init__(self, closed: Sequence[str]):
        super().__init__(f"student code could not read {some(closed, 3)}")
        self.file = closed[0]


class Unlimited(SandboxError):
    """In there nothing limits the number of processes, and nobody sees them."""

    def __init__(self) -> None:
        super().__init__(
            "student code could start processes without end, for the kernel does not count them, and /proc does not "
            "show them to the grader"
        )


def refusal(layers: Sequence[str], error: Exception) -> Refusal:
    """What to make of a sandbox of these layers that failed with this error."""
    return Refusal(tuple(layers), *_reason(error), str(error))


def advice(layers: Sequence[str], refused: Sequence[Refusal]) -> str:
    """What is missing of the strongest sandbox where only these layers started, why, what to do, and what was tried."""
    if not refused:
        return ""
    missing = [layer for layer in refused[0].layers if layer not in layers]
    begin = f"student code runs without {joined(missing)} here: " if layers and missing else ""
    whys = list(dict.fromkeys(_why(each) for each in refused))
    remedies = list(dict.fromkeys(each.remedy for each in refused if each.remedy))
    tried = "; ".join(dict.fromkeys(", ".join(each.layers) for each in refused))
    then = f"; to have it, {'; or else '.join(remedies)}" if remedies else ""
    root = stays_root(layers) if layers and users.is_root() else ""
    if layers and "namespaces" not in layers and "bwrap" not in layers and not scopes_signals():
        then += "; this kernel cannot keep signals in (Linux 6.12 can), so student code may send none"
    staying = f"; it runs as root, without root's rights, {root}" if root else ""
    return f"{begin}{'; '.join(whys)}{then} (tried and did not start: {tried}){staying}"


def becomes_another(layers: Sequence[str]) -> bool:
    """Whether a worker in a sandbox of these layers becomes another user than the judge, who is root."""
    return users.is_root() and not stays_root(layers)


def stays_root(layers: Sequence[str]) -> str:
    """Why students stay root, though without its rights, in the sandbox of a judge that is root, and what to do about
    it; empty where they become somebody else. A clause."""
    if not users.others():
        return "for root may not become another user here (it needs the capabilities SETUID and SETGID)"
    closed = [] if users.has(users.SYS_ADMIN) or "bwrap" in layers else closed_folders(needed(Path("/tmp"), allowed()))
    if closed:  # and nothing can be mounted in their place
        way = " ".join(shlex.quote(folder) for folder in closed)
        return f"for what they need lies in folders that only root may enter (sudo chmod o+x {way})"
    return ""


def _why(refused: Refusal) -> str:
    return refused.why if refused.said in refused.why else f'{refused.why} ("{refused.said}")'


def told(text: str) -> str:
    """Of what a program wrote on stderr before it ended, the line that says why."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    telling = [line for line in lines if line.startswith(("bwrap: ", "Fatal Python error")) or "error while" in line]
    return (telling or lines or ["it ended without a word"])[-1][:500]


def _reason(error: Exception) -> tuple[str, str]:
    """Why, and what to do: a clause each."""
    said = str(error)
    if isinstance(error, NotInstalled):
        return said, "install it (sudo apt install bubblewrap, or sudo dnf install bubblewrap)"
    if isinstance(error, OutOfReach):
        return said, _open_up(error.file)
    if isinstance(error, Unlimited):
        return said, "grade where /proc is mounted, without hidepid"
    if "landlock" in said and "not permitted" in said:
        return "this container forbids Landlock (its seccomp profile, as a rule)", (
            f"use a newer Docker, or start it with {_ALLOW}"
        )
    if "Landlock" in said or "landlock" in said:
        return "this kernel has no Landlock, or it is switched off", (
            "use Linux 5.13 or newer, and name landlock in its boot parameter lsm= (see /sys/kernel/security/lsm)"
        )
    if "setresuid" in said or "setgroups:" in said:
        return "root may not become another user in this container", (
            "give it the capabilities SETUID and SETGID, or grade as an ordinary user"
        )
    if any(words in said for words in _NO_PYTHON):
        return f"this Python, {interpreter()}, does not start in the sandbox", _open_up(interpreter())
    if any(words in said for words in _NO_NAMESPACES):
        return _no_namespaces(said)
    if "seccomp" in said:
        return "system calls cannot be filtered here", ""
    if "/proc" in said:
        return "/proc is masked or read-only here", f"start the container with {_ALLOW} --security-opt unmask=ALL"
    if any(words in said for words in _NO_MOUNTS):
        if _in_container():
            return "this container forbids mounts", f"start it with {_ALLOW}, or grade outside of it"
        return "the kernel, or a security module, forbids mounts", "grade as an ordinary user, or on another machine"
    return said, ""


def _no_namespaces(said: str) -> tuple[str, str]:
    if setting("user/max_user_namespaces") == "0" or "ENOSPC" in said or "No space left" in said:
        return "this system allows no more user namespaces (user.max_user_namespaces)", (
            "sudo sysctl user.max_user_namespaces=10000"
        )
    if setting("kernel/unprivileged_userns_clone") == "0":
        return "ordinary users may make no user namespaces here (kernel.unprivileged_userns_clone is 0)", (
            "sudo sysctl kernel.unprivileged_userns_clone=1"
        )
    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor keeps user namespaces from programs without a profile "
            "(kernel.apparmor_restrict_unprivileged_userns is 1, as it is on Ubuntu since 24.04)"
        ), "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give bwrap and Python a profile with userns"
    if _in_container():
        return "this container forbids user namespaces (its seccomp profile, as a rule)", (
            f"start it with {_ALLOW}, or with a profile that allows unshare, clone and mount"
        )
    return "the kernel, or a security module, forbids user namespaces", "grade as root, or on another machine"


def setting(name: str) -> str:
    """What a switch of the kernel's stands at; empty where there is none."""
    try:
        return Path("/proc/sys", name).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _in_container() -> bool:
    if any(os.path.exists(mark) for mark in ("/.dockerenv", "/run/.containerenv")) or "container" in os.environ:
        return True
    try:
        return "Seccomp:\t2" in Path("/proc/self/status").read_text("ascii")
    except (OSError, ValueError):
        return False


def _open_up(file: str) -> str:
    """How to make readable what is not."""
    shown = needed(Path("/nonexistent"), allowed())
    way = [each for each in sorted([*parents(file), file]) if each.startswith(tuple(shown)) and os.path.exists(each)]
    closed = [each for each in way if ~os.stat(each).st_mode & (0o5 if os.path.isdir(each) else 0o4)]
    if closed and users.is_root():
        return f"let other users read it (sudo chmod -R o+rX {shlex.quote(closed[0])}), or install it where they can"
    return "install Python and its virtual environment where every user can read them"
