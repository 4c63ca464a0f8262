"""How many processors this process may use: the smaller of its affinity and its control group's limit."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def cpu_limit(cgroup: Path = CGROUP) -> int:
    """Return the limit in whole processors, at least 1."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, min(affinity, math.ceil(quota))) if quota else affinity


def _quota(cgroup: Path) -> float | None:
    """Read version 2 (`cpu.max`: quota period), then version 1 (two files); None where there is no limit."""
    unified = _words(cgroup / "cpu.max")
    quota, period = unified or (
        _words(cgroup / "cpu" / "cpu.cfs_quota_us") + _words(cgroup / "cpu" / "cpu.cfs_period_us") or ["max", "1"]
    )
    return None if quota in {"max", "-1"} else int(quota) / int(period)


def _words(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").split() if path.is_file() else []
