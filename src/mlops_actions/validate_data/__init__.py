"""validate-data: are the data what mlops.yaml says they are?"""

from mlops_actions.validate_data.examine import check_frame
from mlops_actions.validate_data.stage import run

__all__ = ["check_frame", "run"]
