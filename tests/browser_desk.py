"""Checks packages at the desk of a browser, in a bare Python that has the page's files and nothing else: no numpy.

    python -I -S -B browser_desk.py FOLDER < {"name": {"engine.py": "text", ...}, ...}

prints a line of JSON for each package: its name, and what `Desk.check` says.
"""

import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
sys.path[:] = [str(folder), *(path for path in sys.path if not path.endswith("-packages"))]

from autograder.kit.browser.desk import Desk  # noqa: E402

desk = Desk(folder / "practice-exam.json", stubs=folder / "stubs")
for name, files in json.load(sys.stdin).items():
    print(json.dumps([name, json.loads(desk.check(json.dumps(files)))]), flush=True)
