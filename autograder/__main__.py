"""`python -m autograder` is `gradschool`, where scripts are not on the path."""

import os
import sys

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Python would look for all modules in the current folder first, which may be a submission.
if not sys.flags.safe_path and sys.path[0] != _HOME:
    del sys.path[0]

from gradschool import main  # noqa: E402

main()
