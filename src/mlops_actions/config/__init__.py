"""mlops.yaml as typed models: `load` is the way in."""

from mlops_actions.config.load import load
from mlops_actions.config.models import Config

__all__ = ["Config", "load"]
