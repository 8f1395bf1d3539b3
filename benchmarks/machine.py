"""What a run ran on: versions and processor, and nothing that names the machine.

Belongs here: facts that figures depend on. Does not: the figures.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("polars", "deltalake", "numpy", "scikit-learn", "pandas", "pyarrow", "dagster")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, Python and packages."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    """The model as Linux names it; what Python knows elsewhere."""
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
