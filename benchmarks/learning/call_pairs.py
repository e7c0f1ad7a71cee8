"""Function calls by examples, and then by pairs: right calls preferred to the model's own.

Run as `python -m benchmarks.learning.call_pairs`, for the real base of the demo. The rate of each
job over pairs is a multiple of the one that "auto" stands for, which is 1.
"""

import argparse
from typing import Any

from openai.types.chat import ChatCompletionMessage

from benchmarks.learning.calls import CallJobs, add_arguments, call_jobs
from understudy.cli.demo.bfcl_check import is_right_call
from understudy.cli.demo.bfcl_rows import BfclRow
from understudy.data.files.strict_json import parse_object


def pair_line(row: BfclRow, wrong: ChatCompletionMessage) -> dict[str, Any]:
    """Return a line of a preference file: the right call, and what the model answered."""
    return {
        "input": {
            "messages": [{"role": "user", "content": row.question}],
            "tools": [row.tool],
        },
        "preferred_output": [row.call()],
        "non_preferred_output": [wrong.to_dict()],
    }


def wrong_answers(jobs: CallJobs, model: str) -> list[dict[str, Any]]:
    """Ask once for every prompt and pair each wrong answer with the right call."""
    answers = jobs.ask_all(model, jobs.parts.prompts, temperature=1)
    return [
        pair_line(row, answer)
        for row, answer in zip(jobs.parts.prompts, answers, strict=True)
        if not is_right_call(row, answer.model_dump()) and _can_be_written(answer)
    ]


def _can_be_written(answer: ChatCompletionMessage) -> bool:
    """Say whether a line may hold the answer: broken calls, which the model makes, may not be."""
    return all(
        call.type == "function" and _is_whole(call.function.arguments)
        for call in answer.tool_calls or ()
    )


def _is_whole(arguments: str) -> bool:
    try:
        parse_object(arguments.encode())
    except ValueError:
        return False
    return True


def compare(jobs: CallJobs, multipliers: list[float], epochs: int) -> None:
    """Train a model by examples and one by pairs for each multiplier, and print how they stand."""
    of_base = jobs.compare("base", jobs.base, {})
    taught = jobs.teach()
    of_taught = jobs.compare("examples, against the base", taught, of_base)
    pairs = wrong_answers(jobs, taught)
    print(f"{len(pairs)} pairs", flush=True)
    file = jobs.upload("pairs.jsonl", pairs)
    for multiplier in multipliers:
        tuned = jobs.run(
            model=taught,
            suffix=f"pairs-{multiplier:g}".replace(".", "-"),
            training_file=file,
            method={
                "type": "dpo",
                "dpo": {
                    "hyperparameters": {
                        "n_epochs": epochs,
                        "learning_rate_multiplier": multiplier,
                    }
                },
            },
        )
        jobs.compare(f"pairs at {multiplier:g}, against the examples", tuned, of_taught)


def main() -> None:
    """Compare the rates on functions that no job has seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--multipliers", type=float, nargs="+", default=[1.0, 0.33, 3.3])
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    with call_jobs(given) as jobs:
        compare(jobs, given.multipliers, given.epochs)


if __name__ == "__main__":
    main()
