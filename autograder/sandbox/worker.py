"""Workers, which run student code in a sandbox, and how to talk to them. Runs in the judge.

Everything that a worker sends is taken for hostile: sizes are limited, JSON is parsed with care, and a worker that
talks nonsense is replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.ahead import Started, python
from autograder.exam.items import Question
from autograder.sandbox.budget import SLACK, Budget
from autograder.sandbox.kernel import users
from autograder.sandbox.kernel.processors import processors
from autograder.sandbox.kernel.watch import Watch
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.mounts import bwrap_command, interpreter, library_folders, modules, needed, places, readable
from autograder.sandbox.process import Process
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.reasons import OutOfReach, Unlimited, becomes_another
from autograder.sandbox.records import Answers, Run, decode, decode_record, loads, together
from autograder.sandbox.subject import Subject
from autograder.sandbox.supervise import Record, halved, supervise
from autograder.scratch import Scratch


class Interrupted(Exception):
    """A run was ended from outside, on purpose."""


class Worker:
    """A running worker that asks about a subject, and the folder in which it can see submissions.

    Raises SandboxError when it does not come up. Close it, or use it as a context manager. Where it is not known yet
    what to ask (None), it can `begin` all the same, and is told later.
    """

    def __init__(
        self, sandbox: Sandbox, subject: Subject, questions: dict[str, list[Question]] | None,
        limits: Limits | None = None, *, fork: bool = hasattr(os, "fork"),
    ):  # fmt: skip
        self.sandbox = sandbox
        self._subject = subject
        self.limits = limits or Limits()
        self._questions = questions
        self.forks = fork
        self._folder = Scratch()
        self.folder = Path(self._folder.name)
        self._user: users.User | None = None
        self._process: Process | None = None
        self._begun = False  # whether there is a process that has not said yet that it is ready
        self._untold = False  # nor been told what to ask
        self._interrupted = False
        self._halves = not sandbox.layers  # whether some items may be asked beside others
        self._seconds: dict[str, float] = {}  # that each item took when it was asked last
        self._lost: tuple[Path | None, dict[str, str]] = None, {}  # modules of the submission that was run last

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker with everything in it, and remove its folder."""
        self._stop()
        if self._user:
            self._user.close()
        self._folder.cleanup()

    def begin(self, started: Started | None = None) -> None:
        """Start the process, if it is one that serves several runs, or go on with one that was started like it. It gets
        ready while whoever waits for it does something else."""
        if not self.forks or self._process is not None:
            return
        if self._user is None and self.sandbox.layers and becomes_another(self.sandbox.layers):
            self._user = users.claim()
            try:
                os.chown(self.folder, self._user.id, self._user.id)
            except PermissionError:  # this root may not give anything away
                self.folder.chmod(0o755)
        self._process = Process(started or Started(self._command()), self._config(), gently=self.sandbox.gently)
        self._begun, self._untold = True, self._questions is None

    def told(self, questions: dict[str, list[Question]], limits: Limits) -> None:
        """What to ask, and within which limits, for a worker that did not know."""
        self._questions, self.limits = questions, limits

    def interrupt(self) -> None:
        """End what runs, and let nothing begin, until `resume`: from another thread than the one that runs it, in
        which `run` raises Interrupted."""
        self._interrupted = True
        if process := self._process:
            process.end()

    def drop(self) -> None:
        """End what runs, from the thread that runs it."""
        self._stop()

    def resume(self) -> None:
        """Let things begin again, afresh: what was interrupted is over, even where it had answered by then."""
        if self._interrupted:
            self._stop()
        self._interrupted = False

    def run(
        self,
        root: Path,
        items: Sequence[str],
        questions: dict[str, list[Question]] | None = None,
        *,
        alone: bool = False,
        hasty: bool = False,
        longer: float = 1.0,
        hung: int | None = None,
        budget: Budget | None = None,
    ) -> Run:
        """Have the package below `root` (in this worker's folder) sit `items`, on the exam's questions or on these,
        while the `budget` lasts.

        Items share processes, which is quick, and lets one item harm the next; `alone` gives each its own. In haste
        none is waited for long, and less for each that `hung` before: told that, it comes back once another one does.
        `longer` stretches the clock of each, and waits for modules again. Else no module of a submission is waited for
        twice. Raises SandboxError when the sandbox itself fails, and Interrupted when another thread says so.
        """
        budget = budget or Budget(self.limits.budget, self.limits.budget_cpu)
        if not budget.patience():
            self._heed()
            return Run({id: Answers("spent") for id in items})
        lost = self._lost[1] if self._lost[0] == root and longer == 1 else {}
        request = {"root": str(root), "items": list(items), "questions": questions, "alone": alone, "hasty": hasty,
                   "longer": longer, "lost": lost, "hung": hung}  # fmt: skip
        try:
            run = self._run(request, budget)
        except Exception:
            self._heed()  # whatever broke broke because of that
            raise
        budget.charge(run.cpu)
        self._seconds |= {id: found.seconds for id, found in run.items.items()}
        self._lost = root, dict(run.lost)
        return run

    def _heed(self) -> None:
        if self._interrupted:
            self._stop()
            raise Interrupted

    def _run(self, request: dict[str, Any], budget: Budget) -> Run:
        self._heed()
        if not self.forks:
            return self._run_here(request, budget)
        shares = self._shares(request["items"], request["hung"])
        asked = {**request, "shares": shares, "budget": budget.left()}
        try:
            records = self._exchange(asked, budget.patience(), len(shares))
        except SandboxError:
            self._halves = False  # there may be a limit on processes
            raise
        run = together([decode_record(record) for record in records])
        if not self.sandbox.shared:
            self._stop()
        elif self._process:
            self._process.used += run.cpu
        return run

    def _shares(self, ids: Sequence[str], hung: int | None) -> list[list[str]]:
        """What is asked at the same time, by processes of their own: where somebody waits, two halves."""
        if hung is None or not self._halves or processors() < 2:
            return [[*ids]]
        items = self._subject.load_items()
        return halved(sorted(ids, key=lambda id: items[id].stage), self._seconds)  # in the order in which they are sat

    def probe(self) -> None:
        """Raises SandboxError when a submission would not find in here what it should, or find what it should not."""
        root = self._lay(self.folder / "probe")
        files = {**modules(self._subject.libraries), self._subject.package: str(root)}
        request = {"root": str(root), "probe": list(files)}
        found = loads(self._exchange(request, 60)[0], {})
        if closed := found.get("closed"):
            raise OutOfReach([files.get(each, each) for each in closed])
        watch = self._process and self._process.watch
        if found.get("unlimited") and watch and not watch.sees:
            raise Unlimited

    def serves(self) -> bool:
        """Whether an honest submission gets its record from a fresh worker, right now."""
        self._stop()
        with Scratch(inside=self.folder) as folder:
            root = self._lay(Path(folder))
            id = next(iter(self._subject.load_items()))
            try:
                return id in self.run(root, [id], budget=Budget(SLACK, SLACK)).items
            except SandboxError:
                return False

    def _lay(self, root: Path) -> Path:
        """Make a submission in this folder: a package with nothing in it."""
        package = root / self._subject.package
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        for path, mode in ((root, 0o755), (package, 0o755), (package / "__init__.py", 0o644)):
            path.chmod(mode)  # whatever the umask
        return root

    def _exchange(self, request: dict[str, Any], seconds: float, replies: int = 1) -> list[bytes]:
        process = (not self._begun and self._living()) or self._start()
        self._heed()
        process.ask(request, whole=replies == 1)
        return [self._sound(process.reply(seconds)) for _ in range(replies)]

    def _sound(self, reply: bytes | None) -> bytes:
        """A reply, unless it says that the sandbox failed, or is none."""
        if not reply:
            self._stop()
            raise SandboxError("the sandbox gave no answer" if reply is None else "the sandbox died")
        if reply.startswith(b'{"trouble"'):
            self._stop()  # what caused it may be running on in there
            raise SandboxError(str(loads(reply, {}).get("trouble"))[:500])
        return reply

    def _living(self) -> Process | None:
        """The process, unless it has died since it answered."""
        if self._process and not self._process.lives:
            self._stop()
        return self._process

    def _start(self) -> Process:
        self.begin()
        self._begun, process = False, self._process
        assert process is not None
        if self._untold:
            process.send(json.dumps({"questions": self._questions, "limits": asdict(self.limits)}).encode())
        if process.receive(60) != b"ready":
            self._stop()
            raise SandboxError(f"the sandbox does not start: {process.said}")
        if self.sandbox.layers:
            process.watch = Watch(process.id, self.limits, depth=2 if "namespaces" in self.sandbox.layers else 1)
        return process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process, self._begun = None, False

    def _config(self) -> bytes:
        layers, bwrap = self.sandbox.layers, self.sandbox.bwrap
        own, libraries = bwrap or "mounts" in layers, self._subject.libraries
        config = {
            "fork": self.forks, "layers": layers, "user": self._user.id if self._user else 0,
            "folders": library_folders(libraries), "limits": asdict(self.limits),
            "subject": asdict(self._subject), "questions": self._questions,
            "readable": readable(own, libraries) if layers else [],
            "needed": needed(self.folder, libraries) if self._user and not own else [],
            "places": places(self.folder, libraries) if "mounts" in layers else {}, "folder": str(self.folder),
        }  # fmt: skip
        return json.dumps(config).encode()

    def _command(self, program: str = "autograder.sandbox.inside.template") -> list[str]:
        if not self.sandbox.layers:  # at a student's desk nobody else would ever compile what is imported in there
            return python(program)
        command = python(program, interpreter(), writes=False)
        if not self.sandbox.bwrap:
            return command
        return [*bwrap_command(self.folder, self._subject, self._user is not None), *command]

    def _run_here(self, request: dict[str, Any], budget: Budget) -> Run:
        """Without fork: the supervisor sits here, and each runner is a process that imports and asks by itself."""
        rubric = self._subject.load_items()
        names = list(rubric)
        places = {id: place for place, id in enumerate(rubric)}
        record = Record(lost=dict(request["lost"]))
        within = Budget(*budget.left(), own=True)
        questions = request["questions"] or {}

        def start(pending: Sequence[int], lost: dict[str, str]) -> Process:
            process = self._process = Process(Started(self._command()), self._config(), root=request["root"])
            asking = {"root": request["root"], "items": list(pending), "lost": lost, "questions": questions}
            self._heed()
            process.send(json.dumps(asking).encode())
            return process

        needs = {places[id]: [places[need] for need in rubric[id].needs] for id in request["items"]}
        for group in [[place] for place in needs] if request["alone"] else [list(needs)]:
            supervise(start, group, self.limits, record, budget=within, needs=needs, hasty=request["hasty"],
                      longer=request["longer"], hung=request["hung"], modules=self._subject.order)  # fmt: skip
            self._process = None
            self._heed()
        return decode(
            [(names[place], sitting) for place, sitting in sorted(record.sittings.items())],
            record.imports,
            record.lost,
            within.used(),
        )
