"""What a pull request has to run: written before anything is trained, by a job that runs no code of the pull request."""

from typing import Literal

from mlops_actions.report.part import Part

BaseKind = Literal["first_parent", "merge_base", "parent", "none"]


class Plan(Part):
    """What to compare with, and whether there is anything to compare.

    Attributes:
        config: path of mlops.yaml in the repository.
        head: commit that the check belongs to (a pull request's head, not its merge commit).
        tested: commit that is checked out and trained.
        base: commit to compare with; "" where there is none.
        base_kind: first parent of the tested merge commit; merge-base when the head itself is tested; parent on a push.
        identical: head and base have the same data, code, parameters, lock and seed, so nothing has to run.
        candidate_key, base_key: content keys of the predictions (model, test set, evaluator version); "" without a base.
        uses: at least how often the base's test set has decided already; 0 where nobody counted.
    """

    schema_version: Literal[1] = 1
    model: str
    config: str
    head: str
    tested: str
    base: str = ""
    base_kind: BaseKind = "none"
    identical: bool = False
    candidate_key: str
    base_key: str = ""
    uses: int = 0
