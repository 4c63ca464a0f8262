"""The command line: the one place that knows the environment, the terminal and exit codes."""

from mlops_actions.cli.main import main

__all__ = ["main"]
