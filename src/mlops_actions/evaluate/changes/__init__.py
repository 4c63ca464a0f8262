"""What changed between base and candidate, for people: none of it decides anything.

Counts are of rows: weights do not matter here. Names and values are cut to a length; whoever renders them escapes them.
"""

from mlops_actions.evaluate.changes.calibration import calibration
from mlops_actions.evaluate.changes.confusion import confusion
from mlops_actions.evaluate.changes.differences import differences
from mlops_actions.evaluate.changes.distribution import distribution
from mlops_actions.evaluate.changes.flips import flips
from mlops_actions.evaluate.changes.sides import side

__all__ = ["calibration", "confusion", "differences", "distribution", "flips", "side"]
