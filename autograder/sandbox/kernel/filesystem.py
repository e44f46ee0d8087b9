"""A file system of a process's own."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Mapping, Sequence

from autograder.sandbox.kernel.calls import ConfineError, call
from autograder.sandbox.kernel.namespaces import CLONE_NEWUSER, new_user_namespace

CLONE_NEWNS, OPEN_TREE, MOVE_MOUNT = 0x00020000, 428, 429  # the numbers are the same on every architecture
AT_FDCWD, AT_RECURSIVE, OPEN_TREE_CLONE, FROM_DESCRIPTOR = -100, 0x8000, 1, 4
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 0x4000, 0x40000
MOUNT_SETATTR, RDONLY, NOSUID, NODEV, EMPTY_PATH, MNT_DETACH = 442, 1, 2, 4, 0x1000, 2
SHOWN, HIDDEN, DEVICE = "shown", "hidden", "device"  # what may be at a place in a file system of one's own


def uncover(paths: Sequence[str]) -> None:
    """Bring these files and folders within the reach of other users, where folders on the way are closed to them.

    In a mount namespace of one's own, each closed folder gives way to one that anybody may pass through, and that
    holds those paths alone. Only root can do this. What is closed itself stays closed.
    """
    closed: dict[str, list[str]] = {}
    for path in sorted({*paths, *map(os.path.realpath, paths)}):
        if folder := _closed_folder(path):
            closed.setdefault(folder, []).append(path)
    if not closed:
        return
    call("unshare", CLONE_NEWNS)
    call("mount", 0, b"/", 0, MS_REC | MS_PRIVATE, 0)
    for folder, inside in closed.items():
        trees = [_copy_mounts(path) for path in inside]
        directories = [os.path.isdir(path) for path in inside]
        flags = MS_NOSUID | MS_NODEV
        call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", flags, b"mode=0755")
        for path, tree, directory in zip(inside, trees, directories, strict=True):
            if not os.path.exists(path):  # else it lies in the one before
                os.makedirs(path if directory else os.path.dirname(path), 0o755, exist_ok=True)
                if not directory:
                    os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o644))
                _move_mounts(tree, path)
            else:
                os.close(tree)
        call("mount", 0, os.fsencode(folder), 0, flags | MS_REMOUNT | MS_RDONLY, 0)


def show_only(places: Mapping[str, str], within: str) -> None:
    """Enter a file system of one's own that holds these files and folders alone, where they were, and read-only.

    `places` says of each what it is: SHOWN with all that is in it, a DEVICE, or HIDDEN, an empty folder in one that is
    shown. It is built in the folder `within`. Whoever may not mount anything does so in a user namespace, as the same
    user; the process then holds all capabilities there until `drop_capabilities`. What is read in there leaves no
    trace in access times, which all can see: the kernel writes none by way of a read-only mount.
    """
    try:
        call("unshare", CLONE_NEWNS)
    except ConfineError as error:
        if error.errno != errno.EPERM:
            raise
        new_user_namespace(CLONE_NEWUSER | CLONE_NEWNS, os.geteuid(), os.getegid())
    call("mount", 0, b"/", 0, MS_REC | MS_PRIVATE, 0)
    places = dict(sorted(places.items()))
    trees = {path: _copy_mounts(path) for path, kind in places.items() if kind != HIDDEN}
    directories = {path: os.path.isdir(path) for path in places}
    _new_tmpfs(within)
    for path, kind in places.items():
        inside = within + path
        os.makedirs(inside if directories[path] else os.path.dirname(inside), 0o755, exist_ok=True)
        if kind == HIDDEN:
            _new_tmpfs(inside)
            continue
        if not directories[path]:
            os.close(os.open(inside, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o644))
        _set_mount(trees[path], "", RDONLY | NOSUID | (kind != DEVICE) * NODEV)
        _move_mounts(trees[path], inside)
    for path in (within, *(within + path for path, kind in places.items() if kind == HIDDEN)):
        _set_mount(AT_FDCWD, path, RDONLY | NOSUID | NODEV)
    os.chdir(within)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)  # what was the root lies on top of the new one
    os.chdir("/")


def _copy_mounts(path: str) -> int:
    flags = OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC
    return call("syscall", OPEN_TREE, AT_FDCWD, os.fsencode(path), flags, name="open_tree")


def _move_mounts(tree: int, path: str) -> None:
    """Mount there what was copied."""
    call("syscall", MOVE_MOUNT, tree, b"", AT_FDCWD, os.fsencode(path), FROM_DESCRIPTOR, name="move_mount")
    os.close(tree)


def _new_tmpfs(folder: str) -> None:
    call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=0755")


def _set_mount(folder: int, path: str, flags: int) -> None:
    """Set what a path's mount is like, or a whole tree's that is open."""
    change = struct.pack("=QQQQ", flags, 0, 0, 0)
    where = 0 if path else EMPTY_PATH | AT_RECURSIVE
    call("syscall", MOUNT_SETATTR, folder, os.fsencode(path), where, change, len(change), name="mount_setattr")


def closed_folders(paths: Sequence[str]) -> list[str]:
    """The folders that keep other users from these files and folders, the outermost ones."""
    return sorted({folder for path in (*paths, *map(os.path.realpath, paths)) if (folder := _closed_folder(path))})


def _closed_folder(path: str) -> str | None:
    """The outermost folder on the way to `path` that other users may not pass through."""
    for folder in sorted(parents(path)):
        try:
            if not os.stat(folder).st_mode & stat.S_IXOTH:
                return folder
        except OSError:
            return None
    return None


def parents(path: str) -> list[str]:
    """The folders around a path."""
    above = os.path.dirname(path)
    return [] if above == path else [above, *parents(above)]
