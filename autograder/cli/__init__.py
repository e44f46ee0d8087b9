"""The command: a module for each group of its readers."""

from autograder.cli.app import main as main
