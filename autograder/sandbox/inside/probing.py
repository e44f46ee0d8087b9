"""Inside, without student code: whether a submission would find in here what it should."""

from __future__ import annotations

import importlib.machinery
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from autograder.sandbox.inside.paper import Paper


def probed(paper: Paper, request: dict[str, Any]) -> bytes:
    """What a submission would miss in here, modules of Python's or its own, and whether its processes have no end."""
    sys.path.append(request["root"])
    closed = _out_of_reach(request["probe"])
    found = {"closed": closed, "unlimited": not _processes_end(paper.limits.processes)}
    return json.dumps(found).encode()


def _out_of_reach(modules: Sequence[str]) -> list[str]:
    """Of the modules those that cannot be found, and the files and folders of theirs that cannot be read."""
    closed: list[str] = []
    for name in modules:
        spec = importlib.machinery.PathFinder.find_spec(name)
        if spec is None:
            closed.append(name)
            continue
        files = [spec.origin] if spec.origin else []
        for folder in spec.submodule_search_locations or ():
            for place, folders, names in os.walk(folder, onerror=lambda error: closed.append(str(error.filename))):
                folders[:] = [each for each in folders if each not in ("__pycache__", "test", "tests")]
                files += [os.path.join(place, each) for each in names]
        for file in files:
            try:
                os.close(os.open(file, os.O_RDONLY))
            except OSError:
                closed.append(file)
    return list(dict.fromkeys(closed))


def _processes_end(most: int) -> bool:
    """Whether something keeps this process from having more children than that."""
    children: list[int] = []
    try:
        while len(children) <= most:
            pid = os.fork()
            if not pid:
                signal.pause()
                os._exit(0)
            children.append(pid)
        return False
    except BlockingIOError:
        return True
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
