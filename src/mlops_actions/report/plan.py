"""What a pull request has to run: written before anything is trained, by a job that runs no code of the pull request."""

from typing import Literal

from pydantic import Field

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
        base_config: path of mlops.yaml in the base, which may have been renamed since; "" without a base.
        identical: head and base have the same data, code, parameters, lock and seed, and are judged alike, so nothing has to run.
        candidate_key, base_key: content keys of the predictions (model, test set, evaluator version); "" without a base, and
            where a commit does not say what its model is made of.
        uses: at least how often the base's test set has decided already; 0 where nobody counted.
        notes: sentences that a reader of the comparison should know, such as why nothing can be known as identical.
    """

    schema_version: Literal[1] = 1
    model: str
    config: str
    head: str
    tested: str
    base: str = ""
    base_kind: BaseKind = "none"
    base_config: str = ""
    identical: bool = False
    candidate_key: str
    base_key: str = ""
    uses: int = 0
    notes: list[str] = Field(default=[])
