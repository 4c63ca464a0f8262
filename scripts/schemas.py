"""Write docs/schemas/*.schema.json from the models; `--check` says which are not current, and writes nothing."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mlops_actions.bundle.contract import Contract
from mlops_actions.bundle.golden import Golden
from mlops_actions.bundle.identity import ModelConfig
from mlops_actions.check_metrics.verdict_file import VerdictFile
from mlops_actions.config.schema import json_schema
from mlops_actions.release.record import Release
from mlops_actions.report import Evaluation, GateRecord, Plan, Report
from mlops_actions.report.noise import Noise

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
FILES: dict[str, type[BaseModel]] = {
    "report": Report,
    "evaluation": Evaluation,
    "gate": GateRecord,
    "plan": Plan,
    "noise": Noise,
    "model_config": ModelConfig,
    "contract": Contract,
    "golden": Golden,
    "release": Release,
    "verdict": VerdictFile,
}


def schemas() -> dict[Path, str]:
    """Return every schema file with its text."""
    written: dict[str, dict[str, Any]] = {"mlops": json_schema()}
    written |= {name: model.model_json_schema(mode="serialization") for name, model in FILES.items()}
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in written.items()
    }


def stale() -> list[str]:
    """Return the names of files that are missing or differ."""
    return [
        path.name for path, text in schemas().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write, or check."""
    if "--check" in sys.argv[1:]:
        old = stale()
        print(f"not current: {', '.join(old)}; run make docs" if old else "schemas are current")
        return 1 if old else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
