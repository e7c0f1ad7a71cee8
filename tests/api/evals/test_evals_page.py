"""What docs/evals.md shows of graders is what they do."""

import json
import re
from pathlib import Path

import pytest
from openai import OpenAI

from tests.api.harness import BASE, RunningServer
from understudy.schemas.evals.graders import GRADER_TYPES

PAGE = (Path(__file__).parents[3] / "docs" / "evals.md").read_text()
# A request body, and the reward that the page gives after it, if it does.
EXAMPLES = re.findall(r"```json\n(\{\n  \"grader\".*?)```(?:\n\nReward: (\S+))?", PAGE, re.DOTALL)
JUDGED = {"score_model": "7.5", "label_model": '"neutral"'}


@pytest.mark.parametrize(
    ("body", "reward"), EXAMPLES, ids=[json.loads(body)["grader"]["type"] for body, _ in EXAMPLES]
)
def test_an_example_of_the_page_runs(client: OpenAI, server: RunningServer, body: str, reward: str):
    request = json.loads(body.replace("understudy-mini", BASE))
    kind = request["grader"]["type"]
    if kind in JUDGED:
        server.engine.says(f'{{"steps": [], "result": {JUDGED[kind]}}}')
        reward = {"score_model": "7.5", "label_model": "1.0"}[kind]
    run = client.fine_tuning.alpha.graders.run(**request)
    assert run.metadata.to_dict()["problem"] is None
    assert run.reward == pytest.approx(float(reward), abs=1e-4)


def test_the_page_has_an_example_of_every_type():
    shown = {json.loads(body)["grader"]["type"] for body, _ in EXAMPLES}
    assert shown == GRADER_TYPES
