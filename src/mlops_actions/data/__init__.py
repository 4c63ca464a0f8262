"""The rows: read lazily, split, known by id."""

from mlops_actions.data.condition import holds
from mlops_actions.data.names import listed, nearest, plain, shown
from mlops_actions.data.read import digest, scan
from mlops_actions.data.rows import with_row_id
from mlops_actions.data.split import Split, feature_names, named_columns, split

__all__ = [
    "Split",
    "digest",
    "feature_names",
    "holds",
    "listed",
    "named_columns",
    "nearest",
    "plain",
    "scan",
    "shown",
    "split",
    "with_row_id",
]
