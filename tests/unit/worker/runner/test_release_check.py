"""Safety checks of tuned models, answered by a scripted engine and judged by a scripted guard."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJobEvent
from typer.testing import CliRunner

from tests.api.harness import BASE, RunningServer, add_tuned_model, running_server
from tests.unit.worker.runner.context import run_context
from tests.unit.worker.runner.scripted_guard import ScriptedGuard
from understudy.cli.main import app
from understudy.errors import UnavailableError
from understudy.evals.releases.record import CHECKS, queue_due_checks
from understudy.inference.protocol import GenerateRequest
from understudy.safety.judgement import Moderator
from understudy.safety.probe_set import shipped_probes
from understudy.storage.tables.jobs import JobRow
from understudy.work.attempt import attempt
from understudy.work.lease import claim as take
from understudy.worker.runner.release_check import CheckContext, make_release_check

REFUSAL = "I'm sorry, but I can't help with that."
HELP = "Of course. Here is what you asked for."
PROBES = 13 * 2
POLICY = 'safety = { release = "hold", probes_per_category = 1, release_keys = ["test"] }'
TWINS = {probe.twin for probe in shipped_probes()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home"), POLICY) as running:
        yield running


def declining(*, tuned: bool, base: bool = True) -> Callable[[GenerateRequest, str], str]:
    """Decline probes and help with twins, each model as it is wanted."""

    def say(request: GenerateRequest, prompt: str) -> str:
        if any(twin in prompt for twin in TWINS):
            return HELP
        return REFUSAL if (base if request.model.adapter is None else tuned) else HELP

    return say


class Model:
    """A tuned model that waits for its check."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self.project, key = server.new_project()
        self.client: OpenAI = server.client(key)
        self.name, self.job_id = add_tuned_model(server, self.project, self.client)

    def ask_for_check(self) -> dict[str, object]:
        return self._call("POST", "check")

    def check(self) -> dict[str, object]:
        return self._call("GET", "check")

    def release(self, reason: str = "looked at it") -> dict[str, object]:
        return self._call("POST", "release", {"reason": reason})

    def make_check(self, guard: Moderator | None = None, **options: float) -> None:
        async def make() -> None:
            hold = take(self._server.services.database, CHECKS, "runner")
            assert hold is not None
            async with run_context(self._server) as context:
                checking = CheckContext(
                    database=context.database,
                    asker=context.asker,
                    catalogue=self._server.services.catalogue,
                    policy_of=self._server.services.served.releases,
                    moderator=lambda: guard,
                    **options,
                )
                await attempt(context.database, hold, make_release_check(checking, hold))

        asyncio.run(make())

    def checked(self, guard: Moderator | None = None, **options: float) -> dict[str, object]:
        self.ask_for_check()
        self.make_check(guard, **options)
        return self.check()

    def says(self, name: str | None = None) -> str | None:
        chat = self.client.chat.completions.create(
            model=name or self.name, messages=[{"role": "user", "content": "hello"}]
        )
        return chat.choices[0].message.content

    def newest_event(self) -> FineTuningJobEvent:
        return self.client.fine_tuning.jobs.list_events(self.job_id, limit=1).data[0]

    def _call(self, method: str, what: str, body: object = None) -> dict[str, object]:
        path = f"/x/models/{self.name}/{what}"
        if method == "GET":
            return self.client.get(path, cast_to=object)  # type: ignore[return-value]
        return self.client.post(path, cast_to=object, body=body)  # type: ignore[return-value]


def by_category(check: dict[str, object]) -> dict[str, dict[str, object]]:
    return {each["category"]: each for each in check["result"]["results"]}


def test_a_model_that_unlearned_to_decline_is_held_until_somebody_releases_it(
    server: RunningServer,
):
    model = Model(server)
    server.engine.says_by(declining(tuned=False))
    check = model.checked()
    assert check["status"] == "completed"
    assert (check["result"]["blocked"], check["is_screened"]) == (True, False)
    assert check["result"]["refusals"]["declined"]["tuned"]["passed"] == 0
    assert check["result"]["refusals"]["declined"]["base"]["passed"] == PROBES
    assert check["result"]["refusals"]["declined_twins"]["tuned"]["passed"] == 0
    with pytest.raises(openai.PermissionDeniedError) as refused:
        model.says()
    assert refused.value.code == "model_held"
    assert f"declines 0 of {PROBES} probes and its base {PROBES}" in refused.value.message
    released = model.release("counter-speech model, reviewed by Ada")
    assert released["held_because"] is None
    (release,) = released["releases"]
    assert release["reason"] == "counter-speech model, reviewed by Ada"
    assert (release["key_name"], release["is_current"]) == ("test", True)
    assert "declines 0" in release["held_because"]
    server.engine.says("hi")
    assert model.says() == "hi"


def test_a_new_check_takes_back_the_release_of_an_earlier_one(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=False))
    model.checked()
    model.release()
    model.checked()
    assert not model.check()["releases"][0]["is_current"]
    with pytest.raises(openai.PermissionDeniedError, match="held"):
        model.says()


def test_a_model_that_declines_as_its_base_does_answers(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    check = model.checked()
    assert (check["held_because"], check["result"]["found"]) == (None, None)
    server.engine.says("hi")
    assert model.says() == "hi"


def test_without_a_guard_nothing_is_judged_and_nothing_looks_clean(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    check = model.checked()
    for result in by_category(check).values():
        assert (result["flagged"], result["n_failed"], result["not_evaluated"]) == (
            None,
            None,
            True,
        )
        assert result["n"] == 2
    assert any("Not screened" in gap for gap in check["result"]["gaps"])
    assert model.newest_event().level == "warn"


def test_a_guard_judges_the_categories_it_knows_and_no_others(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=False))
    guard = ScriptedGuard(categories=frozenset({"violence", "illicit/violent"}), flags=HELP)
    check = model.checked(guard)
    results = by_category(check)
    assert {c for c, r in results.items() if not r["not_evaluated"]} == {"violence", "illicit"}
    violence = results["violence"]
    assert (violence["flagged"], violence["enforcement"]) == (True, "blocked")
    assert (violence["n"], violence["n_failed"], violence["n_failed_base"]) == (2, 2, 0)
    assert violence["failed"]["difference"] == 1.0
    assert check["is_screened"] is True
    assert "flagged by guard: illicit (2 of 2; base 0), violence" in check["held_because"]
    event = model.newest_event()
    assert (event.type, event.data["blocked"], event.data["model"]) == (
        "moderation_checks",
        True,
        model.name,
    )
    assert len(event.data["results"]) == 13


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UnavailableError("The guard is away."), "The guard is away."),
        (UnavailableError("It answered 'banana', which is no verdict."), "no verdict"),
    ],
)
def test_a_guard_that_is_away_or_talks_nonsense_clears_nothing(
    server: RunningServer, error: UnavailableError, words: str
):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    check = model.checked(ScriptedGuard(error=error))
    assert (check["status"], check["result"], check["is_screened"]) == ("failed", None, False)
    assert words in check["error"]
    assert words.rstrip(".") in check["held_because"]
    event = model.newest_event()
    assert (event.level, event.type) == ("warn", "message")
    assert "not screened" in event.message
    with pytest.raises(openai.PermissionDeniedError):
        model.says()
    assert model.release()["held_because"] is None


def test_a_guard_that_fails_now_and_then_leaves_its_category_flagged(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    guard = ScriptedGuard(error=UnavailableError("hiccup"), fails_first=2)
    results = by_category(model.checked(guard))
    unjudged = {c: r["n_unjudged"] for c, r in results.items() if r["n_unjudged"]}
    assert sum(unjudged.values()) == 2
    assert all(results[category]["flagged"] for category in unjudged)


def test_a_guard_that_is_slow_ends_the_check_in_bounded_time(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    check = model.checked(ScriptedGuard(seconds=30.0), judging_seconds=0.05)
    assert check["status"] == "failed"
    assert "0.05 seconds" in check["error"]


def test_a_guard_that_flags_everything_flags_the_base_too(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    results = by_category(model.checked(ScriptedGuard(flags="")))
    assert {(r["n_failed"], r["n_failed_base"]) for r in results.values()} == {(2, 2)}
    assert {r["failed"]["difference"] for r in results.values()} == {0.0}


def test_a_model_is_held_before_and_while_it_is_checked_and_cannot_be_released(
    server: RunningServer,
):
    model = Model(server)
    assert "has not begun" in str(model.check()["held_because"])
    with pytest.raises(openai.BadRequestError, match="has not begun"):
        model.release()
    model.ask_for_check()
    with pytest.raises(openai.PermissionDeniedError, match="not finished"):
        model.says()
    with pytest.raises(openai.BadRequestError, match="under way"):
        model.release()
    with pytest.raises(openai.BadRequestError, match="under way"):
        model.ask_for_check()
    server.engine.says_by(declining(tuned=True))
    model.make_check()


def test_a_held_model_is_listed_and_its_base_answers(server: RunningServer):
    model = Model(server)
    assert model.name in {each.id for each in model.client.models.list()}
    server.engine.says("hi")
    assert model.says(BASE) == "hi"


def test_what_is_answered_is_not_asked_again_after_a_kill(server: RunningServer):
    model = Model(server)
    model.ask_for_check()
    database = server.services.database
    hold = take(database, CHECKS, "runner")
    assert hold is not None

    async def begin() -> None:
        async with run_context(server) as context:
            checking = CheckContext(
                database=database,
                asker=context.asker,
                catalogue=server.services.catalogue,
                policy_of=server.services.served.releases,
                moderator=lambda: ScriptedGuard(seconds=60.0),
            )
            work = asyncio.ensure_future(
                attempt(database, hold, make_release_check(checking, hold))
            )
            while len(server.engine.requests) < 4 * PROBES:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    server.engine.says_by(declining(tuned=True))
    asyncio.run(begin())
    server.engine.says_by(declining(tuned=True))
    model.make_check()
    assert model.check()["status"] == "completed"
    assert len(server.engine.requests) < PROBES


def test_a_model_that_cannot_be_asked_has_a_failed_check(server: RunningServer):
    model = Model(server)
    model.ask_for_check()
    model.client.models.delete(model.name)
    model.make_check()
    event = model.newest_event()
    assert event.level == "warn"
    assert model.name in event.message


def test_models_of_ended_jobs_are_checked_by_themselves(server: RunningServer):
    model = Model(server)
    database = server.services.database
    assert queue_due_checks(database, server.services.served.releases) == 0
    with database.write() as session:
        session.query(JobRow).filter_by(id=model.job_id).one().status = "succeeded"
    assert queue_due_checks(database, server.services.served.releases) == 1
    assert model.check()["status"] == "queued"
    assert queue_due_checks(database, server.services.served.releases) == 0
    server.engine.says_by(declining(tuned=True))
    model.make_check()


def test_a_foreign_project_sees_no_check(server: RunningServer):
    model = Model(server)
    _, key = server.new_project()
    with pytest.raises(openai.NotFoundError, match="no tuned model"):
        server.client(key).get(f"/x/models/{model.name}/check", cast_to=object)


@pytest.mark.parametrize("body", [{}, {"reason": "  "}, {"reason": "x", "by": "me"}])
def test_a_release_needs_a_reason_and_nothing_else(server: RunningServer, body: object):
    model = Model(server)
    with pytest.raises(openai.BadRequestError):
        model.client.post(f"/x/models/{model.name}/release", cast_to=object, body=body)


def test_a_server_that_requires_screening_holds_what_no_guard_judged(tmp_path: Path):
    extra = "safety = { require_screening = true, probes_per_category = 1 }"
    with running_server(tmp_path, extra) as strict:
        model = Model(strict)
        strict.engine.says_by(declining(tuned=True))
        assert "no moderation model judged" in str(model.checked()["held_because"])
        with pytest.raises(openai.BadRequestError, match="requires that before a release"):
            model.release()
        check = model.checked(ScriptedGuard(flags="never said"))
        assert (check["held_because"], check["is_screened"]) == (None, True)


def test_a_key_that_is_not_named_releases_nothing(tmp_path: Path):
    extra = 'safety = { release = "hold", probes_per_category = 1, release_keys = ["Ada"] }'
    with running_server(tmp_path, extra) as strict:
        model = Model(strict)
        strict.engine.says_by(declining(tuned=False))
        assert model.checked()["may_release"] is False
        with pytest.raises(openai.PermissionDeniedError, match="release_keys"):
            model.release()


def test_a_warning_holds_nothing(tmp_path: Path):
    extra = 'safety = { release = "warn", probes_per_category = 1, check_events = "message" }'
    with running_server(tmp_path, extra) as mild:
        model = Model(mild)
        mild.engine.says_by(declining(tuned=False))
        check = model.checked()
        assert (check["result"]["blocked"], check["held_because"]) == (False, None)
        assert check["result"]["found"] is not None
        assert model.newest_event().type == "message"
        mild.engine.says("hi")
        assert model.says() == "hi"


def put_prompt(model: Model, text: str | None) -> dict[str, object]:
    path = f"/x/models/{model.name}/system_prompt"
    body = {"system_prompt": text}
    return model.client.put(path, cast_to=object, body=body)  # type: ignore[return-value]


def test_a_default_system_prompt_is_said_checked_and_reported(server: RunningServer):
    model = Model(server)
    server.engine.says_by(declining(tuned=True))
    model.checked()
    changed = put_prompt(model, " Decline what harms. ")
    assert (changed["system_prompt"], changed["status"]) == ("Decline what harms.", "queued")
    with pytest.raises(openai.PermissionDeniedError, match="not finished"):
        model.says()
    with pytest.raises(openai.BadRequestError, match="under way"):
        put_prompt(model, None)
    server.engine.says_by(declining(tuned=True))
    model.make_check()
    tuned = [
        prompt
        for request, prompt in zip(server.engine.requests, server.engine.prompts(), strict=True)
        if request.model.adapter is not None
    ]
    assert all("Decline what harms." in prompt for prompt in tuned)
    assert any("default system prompt" in note for note in model.check()["result"]["notes"])
    server.engine.says("hi")
    assert model.says() == "hi"
    assert "Decline what harms." in server.engine.prompts()[0]
    assert put_prompt(model, "Decline what harms.")["status"] == "completed"


def test_the_card_says_what_was_learned_by_whom_and_what_nobody_checked(server: RunningServer):
    model = Model(server)
    path = f"/x/models/{model.name}/card"
    card = model.client.get(path, cast_to=dict)
    (file,) = card["training"]["files"]
    assert (file["role"], len(file["sha256"]), file["filename"] is None) == ("training", 64, False)
    assert card["training"]["created_by"]["name"] == "test"
    assert (card["checked"], card["check"]["is_screened"]) == ([], False)
    assert any("training file was not screened" in said for said in card["not_checked"])
    assert "Not screened: nobody asked for a check." in card["not_checked"]
    server.engine.says_by(declining(tuned=False))
    model.checked()
    model.release("seen")
    model.client.files.delete(file["file_id"])
    card = model.client.get(path, cast_to=dict)
    assert card["training"]["files"][0] == {**file, "filename": None}
    assert any("refusal rules" in said for said in card["checked"])
    assert len(card["not_checked"]) >= 2
    assert card["releases"][0]["reason"] == "seen"


def test_a_held_model_is_not_exported_over_http(server: RunningServer):
    model = Model(server)
    body = {"model": model.name, "format": "peft"}
    with pytest.raises(openai.PermissionDeniedError, match="has not begun"):
        model.client.post("/x/exports", cast_to=object, body=body)


def test_lists_say_which_models_are_held(server: RunningServer):
    model = Model(server)
    listed = {each.id: each.to_dict() for each in model.client.models.list()}
    assert "has not begun" in str(listed[model.name]["held_because"])
    assert "held_because" not in listed[BASE]
    one = model.client.models.retrieve(model.name).to_dict()
    assert one["held_because"] == listed[model.name]["held_because"]


def test_the_command_line_shows_a_check_and_releases_the_model(server: RunningServer):
    model = Model(server)
    here = {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": model.client.api_key,
    }

    def shown(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["models", *arguments], env=here)
        return " ".join((result.output + result.stderr).split())

    assert "is being checked. Not screened." in shown("check", model.name, "--no-wait")
    server.engine.says_by(declining(tuned=False))
    model.make_check()
    text = shown("check", model.name)
    assert "violence not evaluated 2 → 0 -100" in text
    assert f"Held: its safety check found this: declines 0 of {PROBES} probes" in text
    assert "is released by the key 'test'" in shown("release", model.name, "--reason", "seen")
    assert "Held" not in shown("check", model.name)


def test_a_project_may_be_held_alone(tmp_path: Path):
    extra = '[projects.careful.safety]\nrelease = "hold"\nprobes_per_category = 1\n'
    with running_server(tmp_path, extra) as mixed:
        free = Model(mixed)
        assert free.check()["enforcement"] == "none"
        project, key = mixed.new_project("careful")
        client = mixed.client(key)
        name, _ = add_tuned_model(mixed, project, client)
        check = client.get(f"/x/models/{name}/check", cast_to=dict)
        assert (check["enforcement"], check["held_because"] is None) == ("hold", False)
