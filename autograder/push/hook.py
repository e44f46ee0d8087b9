"""The post-receive hook of a bare repository: what it is told at installation, and the script that git runs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.files import write_atomically
from autograder.ids import safe_id
from autograder.project import PACKAGE, typed
from autograder.submissions.sources.gittree import Repository, bare_repository

FOLDER = "gradschool"  # in the repository
_MARK = "# Written by `gradschool hook install`."  # the second line of the script
_CHAINED = ".before-gradschool"
_SPARE = 10  # seconds that the script waits beyond the hook's own patience
_SCRIPT = Path(__file__).with_name("post-receive.sh")


@dataclass(frozen=True)
class Hook:
    """What a hook has to know. Paths are absolute, for a git server has no environment to speak of."""

    repository: str
    script: str
    chained: str | None
    results: str
    exam: str
    practice: str
    student: str
    branch: str | None
    timeout: float
    sandbox: str
    quiet: bool
    course: str = ""  # the instructor's own folder; empty for the installed one

    @property
    def git(self) -> Repository:
        return Repository(Path(self.repository))

    @property
    def folder(self) -> Path:
        return Path(self.repository) / FOLDER

    @property
    def queue(self) -> Path:
        """A file a push, named by when it came, with the lines that git gave the hook."""
        return self.folder / "queue"

    @property
    def tries(self) -> Path:
        """A byte for each time that grading a push in the queue was begun, by push."""
        return self.folder / "tries"

    @property
    def given_up(self) -> Path:
        """The pushes that could not be graded, time and again."""
        return self.folder / "given-up"

    @property
    def answers(self) -> Path:
        """What pushers are waiting to read, by push."""
        return self.folder / "answers"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def common(self) -> Path:
        """What hooks with the same results folder share."""
        return shared_folder(Path(self.results))

    @property
    def history(self) -> Path:
        return Path(self.results) / self.student / "history.jsonl"

    def graded_branch(self) -> str | None:
        """The branch whose pushes count."""
        return self.branch or self.git.head()

    def waiting(self) -> list[str]:
        """The pushes in the queue, the oldest first."""
        return _names(self.queue)

    def abandoned(self) -> list[str]:
        """The pushes that were given up, the oldest first."""
        return _names(self.given_up)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if not path.name.startswith("."))


def shared_folder(results: Path) -> Path:
    return results / ".gradschool"


def load_hook(repository: Path) -> Hook:
    """What was installed in a repository. Raises UserError when nothing was."""
    file = repository.resolve() / FOLDER / "hook.json"
    try:
        return Hook(**json.loads(file.read_text("utf-8")))
    except FileNotFoundError as error:
        command = f"gradschool hook install {typed(repository)}"
        raise UserError(f"{repository} has no hook of gradschool's: `{command}`") from error
    except PermissionError as error:
        raise UserError(f"{file} is not yours to read: run this as the user that owns the repository") from error
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{file} is damaged: run `gradschool hook install` again") from error


def default_student(repository: Path) -> str:
    """The student whose repository this is, by its name, or by its folder's where it is called like the package."""
    path = repository.resolve()
    name = path.name.removesuffix(".git")
    return safe_id(path.parent.name if name.casefold() == PACKAGE else name)


def install(
    repository: Path, *, results: Path, exam: Path, practice: Path, student: str, branch: str | None, timeout: float,
    sandbox: str, quiet: bool, at: Path | None = None, chain: bool = False, course: Path | None = None,
) -> Hook:  # fmt: skip
    """Write the hook, or write it anew. Raises UserError where it would do harm or could not work."""
    git = bare_repository(repository)
    _must_be_ours(git.folder)
    script = (git.folder / at).resolve() if at else _hooks_folder(git) / "post-receive"
    if git.folder not in script.parents:
        raise UserError(f"{script} lies outside of the repository (core.hooksPath): say where with --at, such as "
                        "--at hooks/post-receive")  # fmt: skip
    chained = script.with_name(script.name + _CHAINED)
    if (script.exists() or script.is_symlink()) and not _is_ours(script):
        if not chain:
            raise UserError(f"{script} is there already and not gradschool's: --chain keeps it and runs it first")
        if chained.exists():
            raise UserError(f"{chained} is there already: move it away first")
        os.rename(script, chained)
    hook = Hook(
        str(git.folder), str(script), str(chained) if chained.exists() else None, str(results.resolve()),
        str(exam.resolve()), str(practice.resolve()), student, branch, timeout, sandbox, quiet,
        str(course.resolve()) if course else "",
    )  # fmt: skip
    _claim(hook)
    for folder in (hook.queue, hook.tries, hook.given_up, hook.answers, script.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    hook.folder.chmod(0o700)
    write_atomically(hook.folder / "hook.json", json.dumps(asdict(hook), indent=1) + "\n", mode=0o600)
    (hook.folder / "graded").unlink(missing_ok=True)  # by another exam, maybe
    for push in hook.abandoned():  # what stood in the way is mended, maybe
        (hook.tries / push).unlink(missing_ok=True)
        os.replace(hook.given_up / push, hook.queue / push)
    draft = hook.folder / "post-receive"
    draft.write_text(_text(hook), "utf-8")
    draft.chmod(0o755)
    os.replace(draft, script)
    return hook


def uninstall(hook: Hook) -> None:
    """Take the hook away and put back what was there before. Results stay, and so do pushes that were not graded."""
    script = Path(hook.script)
    if _is_ours(script):
        script.unlink()
        if hook.chained and Path(hook.chained).exists():
            os.rename(hook.chained, script)
    _claim_file(hook).unlink(missing_ok=True)
    (hook.folder / "hook.json").unlink(missing_ok=True)
    if not hook.waiting() and not hook.abandoned():
        shutil.rmtree(hook.folder)


def environment() -> dict[str, str]:
    """What graders need of the environment that the hook was installed from: where programs and modules are."""
    programs = filter(None, (shutil.which(name) for name in ("git", "bwrap", "dot")))
    folders = [*(os.path.dirname(program) for program in programs), "/usr/local/bin", "/usr/bin", "/bin"]
    kept = {"PATH": ":".join(dict.fromkeys(folders)), "LANG": "C.UTF-8"}
    if modules := os.environ.get("PYTHONPATH"):
        kept["PYTHONPATH"] = ":".join(os.path.abspath(folder) for folder in modules.split(":") if folder)
    return kept


def command() -> list[str]:
    """How to call gradschool from anywhere."""
    return [sys.executable, "-P", "-m", "autograder.cli"]


def _text(hook: Hook) -> str:
    chain = f"printf '%s\\n' \"$pushed\" | {shlex.quote(hook.chained)}" if hook.chained else ""
    return _SCRIPT.read_text("utf-8").format(
        queue=shlex.quote(str(hook.queue)),
        log=shlex.quote(str(hook.log)),
        repository=shlex.quote(hook.repository),
        chain=chain,
        limit=int(hook.timeout) + _SPARE,
        environment=" ".join(f"{name}={shlex.quote(value)}" for name, value in environment().items()),
        command=shlex.join(command()),
    )


def _is_ours(script: Path) -> bool:
    try:
        return _MARK in script.read_text("utf-8", "replace").split("\n")[:2]
    except OSError:
        return False


def _hooks_folder(git: Repository) -> Path:
    found = git.ask("rev-parse", "--git-path", "hooks") or "hooks"
    return (git.folder / found).resolve()


def _must_be_ours(folder: Path) -> None:
    """Hooks run as whoever receives pushes, who must be able to read what is written here."""
    if folder.stat().st_uid != os.geteuid():
        raise UserError(f"{folder} belongs to another user: install the hook as the one that receives the pushes, "
                        "such as `sudo -u git`")  # fmt: skip


def _claim_file(hook: Hook) -> Path:
    return Path(hook.results) / hook.student / "repository"


def _claim(hook: Hook) -> None:
    """Write down whose results these are, for two repositories must not have the same."""
    if hook.student != safe_id(hook.student):
        raise UserError(f"{hook.student!r} cannot name a folder: choose another --student")
    file = _claim_file(hook)
    if file.exists() and (owner := file.read_text("utf-8").strip()) != hook.repository:
        raise UserError(f"the results of {hook.student} are those of {owner}: choose another --student")
    Path(hook.results).mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(file, hook.repository + "\n")
