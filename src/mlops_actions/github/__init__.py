"""The only room that writes to the runner: commands, outputs, summary; and the only one that knows its environment."""

from mlops_actions.github.commands import Commands
from mlops_actions.github.files import append_summary, write_outputs
from mlops_actions.github.runner import Runner

__all__ = ["Commands", "Runner", "append_summary", "write_outputs"]
