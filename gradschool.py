"""`python -m gradschool` is the command, also where scripts are not on the path. The code is in `autograder`."""

if __name__ == "__main__":
    import os
    import sys

    # Python would look for all modules in the current folder first, which may be a submission.
    if not sys.flags.safe_path and sys.path[0] == os.getcwd() != os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    from autograder.cli import main

    main(prog_name="gradschool")
