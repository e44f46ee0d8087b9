"""The command, also as `python -m gradschool`, where scripts are not on the path. The code is in `autograder`."""

import atexit
import gc
import os
import sys


def main() -> None:
    """Run the command; first of all, start what a check waits for most."""
    atexit.register(gc.freeze)  # or Python, on its way out, looks for garbage in all that was imported
    if sys.argv[1:2] == ["check"] and "--watch" not in sys.argv:  # which starts its own, and goes on for long
        from autograder.student import asker

        asker.begin()
    from autograder.cli import main as command

    command(prog_name="gradschool")


if __name__ == "__main__":
    # Python would look for all modules in the current folder first, which may be a submission.
    if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    main()
