"""Start the command line from this copy of the source, in an environment that has its packages but not itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from mlops_actions.cli import main

sys.argv[0] = "mlops"
main()
