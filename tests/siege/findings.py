"""What came of the faults that were tried."""

import logging
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_log = logging.getLogger("tests.siege")


@dataclass
class Findings:
    """What came of all faults."""

    faults: Counter[str] = field(default_factory=Counter)
    """By story and kind."""
    violations: list[str] = field(default_factory=list)

    def add(self, name: str, broken: Iterable[str]) -> None:
        """Keep broken promises, and say so at once: a run that is ended has told what it found."""
        for promise in broken:
            self.violations.append(f"{name}: {promise}")
            _log.warning("broken: %s: %s", name, promise)

    def say(self) -> int:
        """Write the counts and what is broken; return the exit code, 1 if anything is."""
        lines = [f"{name}: {count} faults" for name, count in sorted(self.faults.items())]
        lines += [f"all: {self.faults.total()} faults", f"broken: {len(self.violations)}"]
        sys.stdout.write("\n".join([*lines, *self.violations[:50]]) + "\n")
        return 1 if self.violations else 0
