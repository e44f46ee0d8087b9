"""A commit as a submission, read from the repository's objects.

Nothing is checked out: no filter, attribute, hook, submodule or configuration that a pusher can bring has a say, links
are not followed, and no file is read before the limits of submissions have been looked at.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from autograder.errors import UserError

# Links and submodules are odd.
_KINDS = {b"100644": "file", b"100755": "file", b"100664": "file", b"040000": "folder"}
_CHUNK = 1 << 16
_TOO_LONG = 4096  # bytes of a name: no file system could hold the commit
_SHORTENED = 1_200  # bytes of it, more than a submission may have
_PATIENCE = 60  # seconds for a question that git answers in a line


class Unreadable(Exception):
    """What git cannot read of a commit. Whether it was pushed so or was damaged here, another try would not help."""


class Entry(NamedTuple):
    """A file or folder of a commit, or something "odd" in its place. Read its chunks before taking the next entry."""

    name: str
    kind: str
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Repository:
    """A repository on this machine, asked through git without what an environment could change."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return ["git", "--git-dir", str(self.folder), *arguments]

    def ask(self, *arguments: str) -> str | None:
        """What git answers, without the newline at the end; None when it refuses."""
        try:
            done = subprocess.run(
                self.command(*arguments), capture_output=True, stdin=subprocess.DEVNULL, env=environment(),
                check=False, timeout=_PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise OSError(errno.EIO, "git does not answer", str(self.folder)) from error
        except OSError as error:
            raise _not_started(error) from error
        if _was_ended(done.returncode):
            raise OSError(errno.EIO, "git was killed", str(self.folder))
        return None if done.returncode else os.fsdecode(done.stdout).removesuffix("\n")

    def head(self) -> str | None:
        """The name of the branch that HEAD stands for."""
        return (self.ask("symbolic-ref", "-q", "HEAD") or "").removeprefix("refs/heads/") or None

    def tip(self, branch: str) -> str | None:
        """The commit that a branch stands at; None when there is no such branch."""
        return self.ask("rev-parse", "-q", "--verify", f"refs/heads/{branch}^{{commit}}")


def environment() -> dict[str, str]:
    """The environment without git's own variables, which git sets for hooks, and without replaced objects. What is not
    there is not fetched: a repository's configuration may say by which program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C"}


@dataclass(frozen=True)
class Commit:
    """The files of a commit."""

    repository: Repository
    id: str

    @property
    def name(self) -> str:
        return self.id[:10]

    def is_dir(self) -> bool:
        return False

    def tree(self) -> str:
        """The id of its tree, which stands for all that it holds."""
        tree = self.repository.ask("rev-parse", "-q", "--verify", f"{self.id}^{{tree}}")
        if tree is None:
            raise Unreadable("there is no such commit")
        return tree

    def entries(self) -> Generator[Entry, None, None]:
        """All files and folders, in git's order: folders too, for there may be any number of empty ones.

        Raises Unreadable for what is damaged, and OSError for trouble on this machine.
        """
        listing = _started(self.repository.command("ls-tree", "-r", "-t", "-z", "--full-tree", self.tree()))
        with closing(_Blobs(self.repository)) as blobs:
            try:
                for line in _records(listing):
                    about, _, name = line.partition(b"\t")
                    mode, _, blob = about.split(b" ")
                    kind = _KINDS.get(mode, "odd")
                    if len(name) > _TOO_LONG:
                        raise Unreadable("its folders are nested too deeply")
                    yield Entry(os.fsdecode(name[:_SHORTENED]), kind, lambda blob=blob: blobs.chunks(blob))  # type: ignore[misc]
                if listing.wait():
                    raise _trouble(listing, "its files cannot be listed")
            finally:
                _end(listing)


class _Blobs:
    """Contents of blobs, all from one git process, which starts with the first that is wanted."""

    def __init__(self, repository: Repository):
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0  # of the blob that is being read

    def chunks(self, blob: bytes) -> Iterator[bytes]:
        if self._left:  # the last one was not read to its end
            self.close()
        process = self._process = self._process or _started(self._repository.command("cat-file", "--batch"))
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError):  # it ended over an earlier one, and has no answer
            process.stdin.write(blob + b"\n")
            process.stdin.flush()
        head = process.stdout.readline().split()
        if not head:
            raise _trouble(process, "a file of it is damaged")
        if len(head) != 3 or head[1] != b"blob":
            raise Unreadable("a file of it is missing")
        self._left = int(head[2]) + 1  # a newline follows
        while self._left > 1:
            chunk = process.stdout.read(min(_CHUNK, self._left - 1))
            if not chunk:
                raise _trouble(process, "a file of it breaks off")
            self._left -= len(chunk)
            yield chunk
        process.stdout.read(1)
        self._left = 0

    def close(self) -> None:
        """End the process, wherever it is."""
        if self._process is not None:
            _end(self._process)
        self._process, self._left = None, 0


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
        )
    except OSError as error:
        raise _not_started(error) from error


def _not_started(error: OSError) -> OSError:
    return OSError(errno.EIO, f"git does not start ({error.strerror})")


def _trouble(process: subprocess.Popen[bytes], what: str) -> Exception:
    """Why git ended: over what it was to read, unless somebody ended it, as the kernel does for want of memory."""
    return OSError(errno.EIO, "git was killed") if _was_ended(process.wait()) else Unreadable(what)


def _was_ended(code: int) -> bool:
    return -code in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not sent to it any more
            pipe.close()  # type: ignore[union-attr]
    process.wait()


def _records(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What a process writes, cut at its zero bytes."""
    assert process.stdout is not None
    rest = b""
    while chunk := process.stdout.read1(_CHUNK):  # type: ignore[attr-defined]
        *records, rest = (rest + chunk).split(b"\0")
        yield from records


def bare_repository(folder: Path) -> Repository:
    """The bare repository in `folder`. Raises UserError when there is none, or no git."""
    if shutil.which("git") is None:
        raise UserError("git is not installed, or not on the PATH: sudo apt install git")
    repository = Repository(folder.resolve())
    bare = repository.ask("rev-parse", "--is-bare-repository")
    if bare != "true":
        work = bare == "false" or (folder / ".git").exists()
        what = "is not bare" if work else "is no git repository that you may read"
        raise UserError(f"{folder} {what}: give the bare one that students push to, as `git init --bare` makes it")
    return repository
