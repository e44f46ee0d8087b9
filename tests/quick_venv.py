"""Stands for Python where a kit is set up by day: an environment gets copies of what a kit requires and is here, and of
the pip that is here. From the package index, with a pip that `venv` unpacks and compiles, it takes three times as long.

    python quick_venv.py -m venv --clear FOLDER

makes such an environment; whatever else is asked is asked of Python itself.
"""

from __future__ import annotations

import os
import re
import sys
import venv
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from shutil import copy2, copytree


def required(name: str, extra: str = "") -> dict[str, Distribution]:
    """What this distribution requires, and what these do, as far as it is here."""
    found: dict[str, Distribution] = {}
    for line in distribution(name).requires or ():
        wanted = re.match(r"[\w.-]+", line)
        if wanted and wanted[0] not in found and line.endswith(f'extra == "{extra}"' if "extra ==" in line else ""):
            with suppress(PackageNotFoundError):
                found |= {wanted[0]: distribution(wanted[0]), **required(wanted[0])}
    return found


def copy(each: Distribution, folder: Path) -> None:
    (place,) = folder.glob("lib/python*/site-packages")
    for name in {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}:
        source = Path(str(each.locate_file(name)))
        copytree(source, place / name, dirs_exist_ok=True) if source.is_dir() else copy2(source, place)
    for entry in each.entry_points.select(group="console_scripts"):
        script = folder / "bin" / entry.name
        run = f"import sys\nfrom {entry.module} import {entry.attr}\nsys.exit({entry.attr}())\n"
        script.write_text(f"#!{folder / 'bin' / 'python'}\n{run}")
        script.chmod(0o755)


if sys.argv[1:-1] == ["-m", "venv", "--clear"]:
    made = Path(sys.argv[-1]).absolute()
    venv.create(made, clear=True, symlinks=True)
    for each in [distribution("pip"), *required("gradschool", "kit").values()]:
        copy(each, made)
else:
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
