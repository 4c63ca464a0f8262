"""The rows: read lazily, split, known by id."""

from mlops_actions.data.read import digest, scan
from mlops_actions.data.rows import with_row_id
from mlops_actions.data.split import Split, feature_names, split

__all__ = ["Split", "digest", "feature_names", "scan", "split", "with_row_id"]
