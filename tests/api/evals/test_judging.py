"""A judge that works in the background waits for an engine that is away for a moment."""

import asyncio

import pytest

from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script
from understudy.answering.asking import Asker, Patience
from understudy.answering.judging import ModelJudge
from understudy.chat.messages import Message, Role
from understudy.errors import OverloadedError, UnavailableError
from understudy.graders.judged.judge import Judgement, JudgeQuestion, JudgeSettings
from understudy.inference.client import EngineClient

QUESTION = JudgeQuestion(
    model=BASE,
    messages=(Message(role=Role.USER, content="Well?"),),
    schema={"type": "object"},
    schema_name="judgement",
    sampling=JudgeSettings(temperature=0, top_p=1, seed=1, max_tokens=50, effort=None),
)
FULL = OverloadedError("The queue is full.", retry_after_seconds=0.1)


def ask(server: RunningServer, patience_seconds: float) -> Judgement:
    project_id, _ = server.new_project()

    async def asked() -> Judgement:
        engine = EngineClient(server.engine.socket_path)
        asker = Asker(
            engine=engine,
            served=server.services.served,
            patience=Patience(seconds=patience_seconds),
        )
        judge = ModelJudge(asker=asker, project_id=project_id)
        try:
            return await judge.ask(QUESTION)
        finally:
            await engine.close()

    return asyncio.run(asked())


@pytest.mark.parametrize("trouble", [Script(text="{", dies=True), Script(error=FULL)])
def test_a_patient_judge_asks_again(server: RunningServer, trouble: Script):
    server.engine.says(trouble, '{"result": 1}')
    answer = ask(server, patience_seconds=10)
    assert answer.text == '{"result": 1}'
    assert answer.model == BASE
    assert answer.usage.completion_tokens > 0
    assert not answer.is_cut_off


def test_a_judge_without_patience_says_at_once_that_the_engine_is_away(server: RunningServer):
    server.engine.says(Script(text="{", dies=True))
    with pytest.raises(UnavailableError):
        ask(server, patience_seconds=0)


def test_an_answer_that_is_cut_off_says_so(server: RunningServer):
    server.engine.says(Script(text="on and ", goes_on=True))
    assert ask(server, patience_seconds=0).is_cut_off
