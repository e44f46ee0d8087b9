"""Whole files: what is written is there at once, or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, text: str | bytes, mode: int = 0o666) -> None:
    """Write a whole file or nothing: whoever reads `path` meanwhile sees the old content or the new one. `mode` is as
    for `os.open`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as new:
            new.write(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
