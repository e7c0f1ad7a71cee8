"""Function calls by examples, and then by rewards as well: the base against each of the two models.

Run as `python -m benchmarks.learning.call_rewards`, for the real base of the demo. Everything goes
through the API of a server of its own. The grader of the reinforcement job is the very check that
counts right calls here, sent as Python source.
"""

import argparse
import inspect
import re
from typing import Any

from benchmarks.learning.calls import MAX_TOKENS, CallJobs, add_arguments, call_jobs
from understudy.cli.demo import bfcl_check
from understudy.cli.demo.bfcl_rows import BfclRow

# The sandbox has no other module of this project: the check needs three fields of a row.
_OTHER_MODULE = re.compile(r"^from understudy\..* import BfclRow$", re.MULTILINE)
_GRADE = """

def grade(sample, item):
    row = BfclRow(name=item["function"], tool=item["tool"], allowed=item["allowed"])
    return float(is_right_call(row, {"tool_calls": sample["output_tools"]}))
"""


def grader() -> dict[str, Any]:
    """Return the check as a `python` grader."""
    source = inspect.getsource(bfcl_check)
    alone, count = _OTHER_MODULE.subn("from types import SimpleNamespace as BfclRow", source)
    assert count == 1, "the check imports one name of this project"
    return {"type": "python", "name": "right_call", "source": alone + _GRADE}


def prompt_line(row: BfclRow) -> dict[str, Any]:
    """Return a row as a line of a file for reinforcement."""
    return {
        "messages": [{"role": "user", "content": row.question}],
        "tools": [row.tool],
        "function": row.name,
        "tool": row.tool,
        "allowed": row.allowed,
    }


def compare(jobs: CallJobs, epochs: int) -> None:
    """Train both models and print how each stands to the base and to the one before it."""
    of_base = jobs.compare("base", jobs.base, {})
    taught = jobs.teach()
    of_taught = jobs.compare("examples, against the base", taught, of_base)
    hyperparameters = {
        "n_epochs": epochs,
        "max_completion_tokens": MAX_TOKENS,
        "eval_interval": 10,
    }
    rewarded = jobs.run(
        model=taught,
        suffix="rewards",
        training_file=jobs.upload("prompts.jsonl", [prompt_line(r) for r in jobs.parts.prompts]),
        validation_file=jobs.upload(
            "validation.jsonl", [prompt_line(row) for row in jobs.parts.validation]
        ),
        method={
            "type": "reinforcement",
            "reinforcement": {"grader": grader(), "hyperparameters": hyperparameters},
        },
    )
    jobs.compare("rewards, against the examples", rewarded, of_taught)


def main() -> None:
    """Compare the three models on functions that no job has seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--epochs", type=int, default=2, help="of the reinforcement job")
    given = parser.parse_args()
    with call_jobs(given) as jobs:
        compare(jobs, given.epochs)


if __name__ == "__main__":
    main()
