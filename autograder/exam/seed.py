"""The seed of the hidden exam: drawn at random when it is first wanted, and kept with the course.

Whoever knows it can draw the exam, so nobody else may read it, and it is no part of what can be made again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from autograder.errors import UserError
from autograder.files import locked, write_atomically
from autograder.project import project_root, user_folder

FILE = ".exam-seed"
_MOST = 2**53  # beyond it, some readers of JSON confuse integers


def hidden_seed() -> int:
    """The seed that is kept; the first that wants one draws it. Raises UserError where it cannot be read."""
    file = _place()
    if (seed := _read(file)) is not None:
        return seed
    with locked(_lock(file)):
        seed = _read(file)
        if seed is None:
            seed = secrets.randbelow(_MOST)
            write_atomically(file, f"{seed}\n", mode=0o600)
    return seed


def keep_seed(seed: int | None) -> int:
    """Keep `seed` from now on, or one that is drawn. Returns it."""
    file = _place()
    with locked(_lock(file)):
        seed = secrets.randbelow(_MOST) if seed is None else seed
        write_atomically(file, f"{seed}\n", mode=0o600)
    return seed


def _place() -> Path:
    """The file, in the course's folder; where nobody may write there, among the user's own settings."""
    file = project_root() / FILE
    if os.path.lexists(file) or os.access(file.parent, os.W_OK):
        return file
    file = user_folder("XDG_CONFIG_HOME", ".config") / FILE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return file


def _lock(file: Path) -> Path:
    return file.with_name(f"{FILE}.lock")


def _read(file: Path) -> int | None:
    """None where there is no file."""
    try:
        return int(file.read_bytes().decode("ascii"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        advice = "`gradschool exam seed --set N` restores the one that you graded with, --renew draws another"
        raise UserError(f"{file} holds no seed: {advice}") from error
    except OSError as error:
        advice = "run this as its owner, or give --seed or --exam"
        raise UserError(f"the exam's seed in {file} cannot be read ({error.strerror}): {advice}") from error
