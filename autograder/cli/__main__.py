"""`python -m autograder.cli` is `gradschool`: installed hooks call it so."""

from autograder.cli.app import main

main()
