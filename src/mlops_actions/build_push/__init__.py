"""Build an image from a sealed bundle, prove that it answers, push it."""

from mlops_actions.build_push.stage import run
from mlops_actions.build_push.tools import Tools

__all__ = ["Tools", "run"]
