"""Answers are drawn from the weights under training, and what is drawn can be learned from."""

from pathlib import Path

import pytest
import torch

from tests import tiny
from tests.unit.worker.support import write_base
from understudy.chat.answer_shape import JsonSchema, ToolChoice, ToolUse
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import JobFailedError
from understudy.inference.limits import EngineLimits
from understudy.modeling.loading import LoadedBase, load_with_own_attention
from understudy.planning.execution import Layout
from understudy.training.reinforcement.answers import read_answer
from understudy.training.reinforcement.episodes import (
    Episode,
    EpisodeLayout,
    WeighedEpisode,
    make_episode_step,
)
from understudy.training.reinforcement.loss import SAMPLER_TRAINER_KL, policy_loss
from understudy.training.reinforcement.prompts import RenderedPrompt
from understudy.training.reinforcement.sampling import Draw, Sampler
from understudy.training.run import use_attention

HOW = EpisodeLayout(
    layout=Layout.PACKED, tokens_per_micro_batch=4096, shares=True, max_answer_tokens=16
)


@pytest.fixture
def base(tmp_path: Path) -> LoadedBase:
    return load_with_own_attention(write_base(tmp_path / "base"), torch.float32)


def renderer(base: LoadedBase) -> ChatRenderer:
    return ChatRenderer.from_directory(base.directory)


def prompt(base: LoadedBase, text: str, *, form: JsonSchema | None = None) -> RenderedPrompt:
    messages = (tiny.user(text),)
    ids = tuple(renderer(base).prompt_ids(messages))
    nothing = ToolChoice(use=ToolUse.NEVER, names=None, is_parallel=True)
    grammar = None if form is None else renderer(base).grammar((), nothing, form, prompt=ids)
    return RenderedPrompt(line=1, ids=ids, messages=messages, tools=(), item={}, grammar=grammar)


def sampler(base: LoadedBase, stop_ids: tuple[int, ...], rows: int = 8) -> Sampler:
    made = Sampler(base, stop_ids=stop_ids, layout=Layout.PACKED, limits=EngineLimits(rows=rows))
    use_attention(base, Layout.PACKED)
    return made


def drawn(made: Sampler, draws: list[Draw]) -> list[Episode]:
    found: dict[int, Episode] = {}
    made.draw(draws, lambda place, episode: found.update({place: episode}), lambda: None)
    return [found[place] for place in range(len(draws))]


def some_draws(base: LoadedBase, count: int = 12) -> list[Draw]:
    prompts = [prompt(base, text) for text in ("What is the weather?", "city")]
    return [Draw(prompt=prompts[number % 2], seed=number, max_tokens=16) for number in range(count)]


def test_the_model_finds_its_answers_as_likely_as_when_it_drew_them(base: LoadedBase):
    stops = tuple(range(1, 200, 9))
    episodes = drawn(sampler(base, stops), some_draws(base))

    groups = [[WeighedEpisode(episode=one, advantage=1.0)] for one in episodes if not one.is_cut]
    assert groups
    for batch in make_episode_step(groups, 1, HOW).micro_batches:
        kl = policy_loss(base.model, batch).measures[SAMPLER_TRAINER_KL]
        assert kl.item() == pytest.approx(0.0, abs=1e-6)


def test_an_answer_holds_the_token_that_ended_it_and_says_when_it_was_cut(base: LoadedBase):
    stops = tuple(range(1, 200, 9))
    episodes = drawn(sampler(base, stops), some_draws(base))

    assert {one.is_cut for one in episodes} == {True, False}
    for one in episodes:
        *before, last = one.answer_ids
        assert not set(before) & set(stops)
        assert (last in stops) is not one.is_cut
        assert len(one.answer_ids) == 16 or not one.is_cut
        assert len(one.logprobs) == len(one.answer_ids)


def test_the_same_seeds_draw_the_same_answers_however_many_rows_there_are(base: LoadedBase):
    stops = tuple(range(1, 200, 9))
    few, many = (drawn(sampler(base, stops, rows), some_draws(base)) for rows in (2, 16))

    assert [one.answer_ids for one in few] == [one.answer_ids for one in many]


def test_answers_are_drawn_from_the_weights_as_they_are(base: LoadedBase):
    made = sampler(base, ())
    draws = some_draws(base)
    before = drawn(made, draws)
    with torch.no_grad():
        for parameter in base.model.parameters():
            parameter.mul_(1.5)

    after = drawn(made, draws)

    assert [one.answer_ids for one in before] != [one.answer_ids for one in after]


def test_answers_are_held_to_the_form_that_is_asked_for(base: LoadedBase):
    schema = {
        "type": "object",
        "properties": {"is_wet": {"type": "boolean"}},
        "required": ["is_wet"],
        "additionalProperties": False,
    }
    form = JsonSchema(name="wet", schema=schema, is_strict=True)
    asked = prompt(base, "Paris?", form=form)
    stops = renderer(base).stop_ids

    episodes = drawn(
        sampler(base, stops), [Draw(prompt=asked, seed=n, max_tokens=64) for n in range(4)]
    )

    texts = {read_answer(renderer(base), asked, one).text.replace(" ", "") for one in episodes}
    assert texts <= {'{"is_wet":true}', '{"is_wet":false}'}
    assert all(one.answer_ids[-1] in stops for one in episodes)


def test_weights_that_give_no_numbers_end_the_job(base: LoadedBase):
    made = sampler(base, ())
    with torch.no_grad():
        base.model.get_input_embeddings().weight.fill_(float("nan"))

    with pytest.raises(JobFailedError, match="not a number"):
        drawn(made, some_draws(base))
