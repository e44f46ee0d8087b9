"""The command."""

from autograder.cli.app import main as main
