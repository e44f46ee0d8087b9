"""A commit as a submission, read from the repository's objects.

Nothing is checked out: no filter, attribute, hook, submodule or configuration that a pusher can bring has a say, links
are not followed, and no file is read before the limits of submissions have been looked at.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from autograder.errors import UserError

_KINDS = {b"100644": "file", b"100755": "file", b"100664": "file"}  # links and submodules are odd
_CHUNK = 1 << 16


class Entry(NamedTuple):
    """A file of a commit, or something "odd" in its place. Read its chunks before taking the next entry."""

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
        done = subprocess.run(
            self.command(*arguments), capture_output=True, stdin=subprocess.DEVNULL, env=environment(), check=False
        )
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
            raise OSError(errno.EIO, "this commit cannot be read", self.id)
        return tree

    def entries(self) -> Generator[Entry, None, None]:
        """All files, in git's order. Raises OSError when the repository cannot be read."""
        listing = self._start("ls-tree", "-r", "-z", "--full-tree", self.tree())
        with _Blobs(self.repository) as blobs:
            try:
                for line in _records(listing):
                    about, _, name = line.partition(b"\t")
                    mode, _, blob = about.split(b" ")
                    kind = _KINDS.get(mode, "odd")
                    yield Entry(os.fsdecode(name), kind, lambda blob=blob: blobs.chunks(blob))  # type: ignore[misc]
                if listing.wait():
                    raise OSError(errno.EIO, "the files of this commit cannot be listed", self.id)
            finally:
                _end(listing)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return _started(self.repository.command(*arguments))


class _Blobs:
    """Contents of blobs, all from one git process, which starts with the first that is wanted."""

    def __init__(self, repository: Repository):
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0  # of the blob that is being read

    def __enter__(self) -> _Blobs:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def chunks(self, blob: bytes) -> Iterator[bytes]:
        if self._left:  # the last one was not read to its end
            self._stop()
        process = self._process = self._process or _started(self._repository.command("cat-file", "--batch"))
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(blob + b"\n")
        process.stdin.flush()
        head = process.stdout.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            raise OSError(errno.EIO, "a file of this commit cannot be read", os.fsdecode(blob))
        self._left = int(head[2]) + 1  # a newline follows
        while self._left > 1:
            chunk = process.stdout.read(min(_CHUNK, self._left - 1))
            if not chunk:
                raise OSError(errno.EIO, "a file of this commit breaks off", os.fsdecode(blob))
            self._left -= len(chunk)
            yield chunk
        process.stdout.read(1)
        self._left = 0

    def _stop(self) -> None:
        if self._process is not None:
            _end(self._process)
        self._process, self._left = None, 0


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    )


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
    repository = Repository(folder.resolve())
    try:
        bare = repository.ask("rev-parse", "--is-bare-repository")
    except FileNotFoundError as error:
        raise UserError("git is not installed, or not on the PATH: sudo apt install git") from error
    if bare != "true":
        work = bare == "false" or (folder / ".git").exists()
        what = "is not bare" if work else "is no git repository that you may read"
        raise UserError(f"{folder} {what}: give the bare one that students push to, as `git init --bare` makes it")
    return repository
