"""`python -m autograder` is `gradschool`, where scripts are not on the path."""

from autograder.cli import main

main(prog_name="gradschool")
