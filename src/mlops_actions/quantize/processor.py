"""Which processor the measurements are of."""

import platform
from pathlib import Path

# Vector instructions that decide which kernel a runtime picks.
TELLING = (
    "avx",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "amx_int8",
    "f16c",
    "fma",
    "asimd",
    "asimdhp",
    "asimddp",
    "i8mm",
    "sve",
)


def processor() -> dict[str, str]:
    """Return the processor's model and its telling flags; `unknown` where the system does not say."""
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        said = ""
    lines = dict(_pair(line) for line in said.splitlines() if ":" in line)
    flags = set((lines.get("flags") or lines.get("Features") or "").split())
    return {
        "cpu": lines.get("model name") or platform.processor() or platform.machine() or "unknown",
        "flags": " ".join(flag for flag in TELLING if flag in flags) or "unknown",
    }


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()
