"""What the worker says when it cannot go on: needs only the standard library, as everything the worker starts with."""


class Refused(Exception):  # noqa: N818 (an answer of the worker, not an error of ours)
    """The job cannot be done as given; the stage turns this into an error of the MlopsError family."""

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix
