"""`python -m gradschool` is the command, also where scripts are not on the path. The code is in `autograder`."""

if __name__ == "__main__":
    from autograder.cli import main

    main(prog_name="gradschool")
