"""The slices that mlops.yaml names."""

from dataclasses import dataclass

from mlops_actions.evaluate.rows import Flags


@dataclass(frozen=True)
class NamedSlice:
    """Some of the rows under a name for people, such as `origin = EWR`.

    Attributes:
        rows: [N], which of all test rows.
    """

    name: str
    rows: Flags
