"""The runner: imports the student's modules and has items sat, in processes that it forks, or, without fork, itself."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Sequence
from typing import Any

from autograder.exam.items import Item
from autograder.sandbox.inside import sitting
from autograder.sandbox.inside.importer import Importer
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.pipes import Prints, Remains
from autograder.sandbox.inside.sitter import Sitter
from autograder.sandbox.kernel.limits import limit
from autograder.sandbox.kernel.privileges import become_subreaper
from autograder.sandbox.protocol import pack, write_all
from autograder.sandbox.stacks import note, rest
from autograder.sandbox.supervise import ANSWERED, BEGIN, DIED, DONE, DONE_HEAD, IMPORTED, IMPORTING, NO_IMPORT, SLOW


def run(paper: Paper, root: str, items: Sequence[int], lost: dict[str, str], replies: int, *, fork: bool, alone: bool,
        left: Remains | None = None, pieces: Pieces | None = None, stacks: int = 2) -> None:  # fmt: skip
    """Import the student's modules and sit `items`, reporting each step in a frame; with `alone`, each in a fork.

    Without, one item may harm the next, and whoever prints more than a pipe holds gets an exception for it. What comes
    of that is not right, and so is asked again, alone.

    `pieces` is what the lab lends, `left` what the supervisor finds when this process is no more, and `stacks` a pipe
    for where an item hangs.
    """

    def say(*frames: bytes) -> None:
        write_all(replies, b"".join(map(pack, frames)))

    rubric = [paper.items[i] for i in items]
    modules = paper.subject.modules
    used = {module for item in rubric for module in item.uses}
    used = used.union(*(module.beneath for module in modules if module.name in used))
    wanted = [module for module in modules if module.name in used]
    loaded: dict[str, Any] = {}
    lent = pieces or Pieces(paper.subject.pieces)
    if fork:
        _hide()
    if paper.enclosed:
        become_subreaper()
    if fork:
        limit(cpu_seconds=paper.left)
    importer = Importer(paper, root, lost, paper.limits.imports, lambda name: say(SLOW + name.encode()))
    failed = importer.failed
    for module in ("__init__", *(module.name for module in wanted)):
        say(IMPORTING + module.encode())
        found = importer.load(module)
        if found is not None and module != "__init__" and (module not in failed or importer.offers(module, found)):
            loaded[module] = found
    for beside in (name for module in wanted for name in module.beside):
        importer.glance(beside)
    importer.close()
    gc.disable()  # now that none of them can train any more

    def sat(item: Item) -> tuple[bytes, int, bytes, bytes]:
        """Kind, exit code where a process died, what was printed, and the answers."""
        lacking = (name for name in item.uses if name in failed and not importer.serves(item, name, loaded.get(name)))
        if bad := next(lacking, ""):
            return NO_IMPORT, 0, b"", bad.encode()
        lent.await_those_of(item, alone)
        if left and alone:
            sitter = Sitter(paper, item, paper.lab(loaded, lent), root, left, stacks)
            try:
                return sitter.answer()
            finally:
                sitter.end()
        noting = (left.begin,) if left else ()
        note(stacks)
        answer = sitting.sit(item, paper.lab(loaded, lent), paper.questions[item.id], root, *noting).encode()
        rest()
        kind = ANSWERED if len(answer) <= paper.limits.answer else DIED
        return kind, 0, prints.take() if prints else b"", answer

    prints = Prints(paper.limits.output) if fork and not alone else None
    if prints:
        limit(cpu_seconds=paper.limits.cpu)
    begin = [BEGIN + index.to_bytes(2, "big") for index in items]
    say(IMPORTED + sitting.plain_object(importer.report()).encode(), *begin[:1])
    for place, (index, item) in enumerate(zip(items, rubric, strict=True)):
        kind, code, output, answer = sat(item)
        where = sitting.plain(sitting.locate(item, loaded, root)).encode()
        begun = left.question if left else 0  # now: the next item will say others
        head = DONE_HEAD.pack(index, kind, code, begun, len(where), len(output))
        say(DONE + head + where + output + answer, *begin[place + 1 : place + 2])


def _hide() -> None:
    """Take the grader's own modules from where student code finds modules."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
