"""Puts the built dashboard into every wheel and source archive, building it where it is missing."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from scripts import build_dashboard

SKIP_VARIABLE = "UNDERSTUDY_SKIP_DASHBOARD"


class DashboardHook(BuildHookInterface[Any]):
    """Runs before hatchling collects the files of the package."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs: a Node, where the machine has none that is new enough."""
        if _is_skipped() or build_dashboard.is_up_to_date() or build_dashboard.find_node():
            return []
        return [build_dashboard.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; raises BuildError when that fails, for a wheel without it is half a wheel."""
        if not (_is_skipped() or build_dashboard.is_up_to_date()):
            build_dashboard.build()
        build_data["artifacts"].append("/src/understudy/server/dashboard_files/")


def _is_skipped() -> bool:
    return os.environ.get(SKIP_VARIABLE) == "1"
