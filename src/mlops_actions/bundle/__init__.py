"""The folder that is the model: layout, identity, digests, golden rows, predictions, contract."""

from mlops_actions.bundle.bundle import Bundle
from mlops_actions.bundle.identity import Feature, ModelConfig

__all__ = ["Bundle", "Feature", "ModelConfig"]
