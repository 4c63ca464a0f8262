"""mlops.yaml as typed models: `load` is the way in, `loads` for one that is no file."""

from mlops_actions.config.load import load, loads
from mlops_actions.config.models import Config

__all__ = ["Config", "load", "loads"]
