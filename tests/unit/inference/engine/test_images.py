"""Requests with images: answered as the model's own forward does, beside others and from memory."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText

from tests.pictures import drawn
from tests.seeing import FAMILIES, own_inputs, photo, shown, write_base
from tests.tiny import user
from tests.unit.inference.engine.test_scheduler import running
from tests.unit.inference.support import Answer, answer_all, request_for
from understudy.chat.messages import Image, ImageDetail, Message
from understudy.chat.rendering.renderer import ChatRenderer, RenderedPrompt
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.seen_images import kept_picture
from understudy.inference.forward.forwards import SlotForward
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import GenerateRequest, request_from_json, request_to_json
from understudy.modeling.loading import load_with_own_attention
from understudy.modeling.lora import add_lora, copy_adapter, merge_adapter, save_adapter
from understudy.modeling.vision.features import ImageFeatures, Seen
from understudy.modeling.vision.language import language_path
from understudy.storage.blobs import BlobStore

# Prompts of images are read in several chunks.
LIMITS = EngineLimits(rows=8, chunk_tokens=16)


@dataclass
class Served:
    """A base that reads images, with its renderer and an engine."""

    base: Path
    renderer: ChatRenderer
    engine: Engine
    blobs: Path

    def ask(self, *messages: Message, **options: object) -> GenerateRequest:
        prompt = self.renderer.prompt(messages)
        return request_for(self.base, prompt.ids, images=prompt.images, **options)

    def expected(self, request: GenerateRequest, answer: Answer) -> list[float]:
        """Return the log-probabilities of transformers' own forward for what was answered."""
        model = AutoModelForImageTextToText.from_pretrained(self.base, dtype=torch.float32)
        ids = torch.tensor([[*request.prompt_ids, *answer.tokens]])
        images = [placed.image for placed in request.images]
        inputs = own_inputs(self.base, self.blobs, images, ids)
        with torch.inference_mode():
            logits_TV = model(input_ids=ids, **inputs).logits[0]
        logprobs_TV = logits_TV[len(request.prompt_ids) - 1 : -1].log_softmax(-1)
        assert logprobs_TV.argmax(-1).tolist() == answer.tokens
        return logprobs_TV.max(-1).values.tolist()


@pytest.fixture(params=list(FAMILIES))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Served:
    return serve(tmp_path, request.param)


@pytest.fixture
def smol(tmp_path: Path) -> Served:
    return serve(tmp_path, "smolvlm")


def serve(root: Path, family: str) -> Served:
    base = write_base(root / family, family)
    engine = load_engine(base, LIMITS, blobs=root)
    return Served(base, ChatRenderer.from_directory(base), engine, root)


def questions(served: Served) -> list[GenerateRequest]:
    first, second = photo(served.blobs, 1), photo(served.blobs, 2, 33, 90)
    return [
        served.ask(shown("What is this?", first)),
        served.ask(user("What is the weather in Paris?")),
        served.ask(shown(second, first, "Which of them?")),
        served.ask(shown("What is this?", second)),
    ]


def test_answers_about_images_beside_others_are_those_of_transformers_alone(served: Served):
    requests = questions(served)
    answers = answer_all(served.engine, requests)
    for request, answer in zip(requests, answers, strict=True):
        assert answer.logprobs == pytest.approx(served.expected(request, answer), abs=1e-3)


def test_many_requests_with_images_share_a_forward(served: Served):
    is_shared = isinstance(served.engine._forward, SlotForward)
    # LFM2-VL's convolutions need the cache that comes with them.
    assert is_shared == (served.base.name != "lfm2_vl"), served.engine.fit.words


def test_an_adapter_answers_about_an_image_as_it_was_trained(served: Served):
    model = load_with_own_attention(served.base, torch.float32).model
    path = language_path(model)
    layers = add_lora(model, rank=4, alpha=8, seed=1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b_OR.normal_(std=0.1)
    adapter = served.blobs / "adapter"
    adapter.mkdir()
    save_adapter(adapter, copy_adapter(layers, rank=4, alpha=8), base="tiny", within=path)
    request = served.ask(shown("What?", photo(served.blobs, 1)), adapter=adapter)
    plain = replace(request, model=served.ask(user("a")).model)
    tuned, base = answer_all(served.engine, [request, plain])
    assert base.logprobs == pytest.approx(served.expected(plain, base), abs=1e-3)
    merged = served.blobs / "merged"
    model = load_with_own_attention(served.base, torch.float32).model
    update = copy_adapter(layers, rank=4, alpha=8)
    merge_adapter(model, update)
    model.save_pretrained(merged)
    for name in ("preprocessor_config.json", "processor_config.json"):
        (merged / name).write_bytes((served.base / name).read_bytes())
    expected = replace(served, base=merged).expected(request, tuned)
    assert tuned.logprobs == pytest.approx(expected, abs=1e-3)
    assert tuned.logprobs != pytest.approx(base.logprobs, abs=1e-3)


def test_another_picture_is_another_answer_though_the_tokens_are_the_same(served: Served):
    one, other = (served.ask(shown("What?", photo(served.blobs, seed))) for seed in (1, 2))
    assert one.prompt_ids == other.prompt_ids
    first, second = answer_all(served.engine, [one, other])
    assert first.logprobs != pytest.approx(second.logprobs, abs=1e-3)


def test_a_chunk_of_a_prompt_cuts_no_picture_whose_parts_see_each_other(tmp_path: Path):
    served = serve(tmp_path, "gemma3")
    image = photo(tmp_path, 1)
    requests = [served.ask(shown("a " * count, image, "What?")) for count in range(6)]
    begins = [min(request.images[0].places) for request in requests]
    assert any(begin % LIMITS.chunk_tokens > LIMITS.chunk_tokens - 4 for begin in begins)
    for request in requests:
        (answer,) = answer_all(load_engine(served.base, LIMITS, blobs=tmp_path), [request])
        assert answer.logprobs == pytest.approx(served.expected(request, answer), abs=1e-3)


def test_a_model_that_answers_one_at_a_time_refuses_pictures_that_are_read_as_a_whole(
    tmp_path: Path,
):
    served = serve(tmp_path, "gemma3")
    served.engine.fit = replace(served.engine.fit, is_batched=False, words="answers alone")
    with pytest.raises(InvalidRequestError, match=r"from all sides at once.*answers alone"):
        served.engine.look(served.ask(shown("What?", photo(tmp_path, 1))))


def test_what_was_read_of_an_image_is_used_again_for_that_image_only(smol: Served):
    image = photo(smol.blobs, 1)
    one = smol.ask(shown(image, "What is this?"))
    (first,) = answer_all(smol.engine, [one])
    (again,) = answer_all(smol.engine, [one])
    assert again.cached == len(one.prompt_ids) - 1
    assert again.logprobs == pytest.approx(first.logprobs, abs=1e-4)
    other = smol.ask(shown(photo(smol.blobs, 2), "What is this?"))
    (about_other,) = answer_all(smol.engine, [other])
    assert about_other.cached is not None
    assert about_other.cached <= min(other.images[0].places)
    assert about_other.logprobs == pytest.approx(smol.expected(other, about_other), abs=1e-3)


def test_the_two_details_of_a_picture_do_not_share_what_was_read(smol: Served):
    image = photo(smol.blobs, 1, 20, 20)
    low = replace(image, detail=ImageDetail.LOW)
    coarse, fine = (smol.ask(shown(one, "What is this?")) for one in (low, image))
    answer_all(smol.engine, [coarse])
    (answer,) = answer_all(smol.engine, [fine])
    assert answer.cached is not None
    assert answer.cached <= min(fine.images[0].places)


def test_a_prompt_with_images_can_be_scored(smol: Served):
    request = smol.ask(shown("What?", photo(smol.blobs, 1)), prompt_logprobs=True)
    (answer,) = answer_all(smol.engine, [request])
    assert [event.token_id for event in answer.prompt] == list(request.prompt_ids[1:])


def test_tokens_of_images_without_their_images_are_refused(smol: Served):
    request = smol.ask(shown("What?", photo(smol.blobs, 1)))
    with pytest.raises(InvalidRequestError, match="its images fill 0"):
        smol.engine.look(replace(request, images=()))


def test_an_image_whose_bytes_are_gone_is_refused(smol: Served):
    gone = Image(sha256="0" * 64, width=60, height=40)
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        smol.engine.look(smol.ask(shown("What?", gone)))


def test_a_request_with_images_crosses_the_socket(smol: Served):
    request = smol.ask(shown("What?", photo(smol.blobs, 1)))
    assert request_from_json(request_to_json(request)) == request
    assert RenderedPrompt(list(request.prompt_ids), request.images).images == request.images


def test_the_engine_finds_pictures_where_blobs_are_stored(tmp_path: Path):
    store = BlobStore(tmp_path)
    blob = store.write([drawn((255, 0, 0), (8, 6))])
    assert kept_picture(tmp_path, blob.sha256).getpixel((0, 0)) == (255, 0, 0)


def test_texts_are_answered_while_an_image_is_looked_at(
    smol: Served, monkeypatch: pytest.MonkeyPatch
):
    begun, may_go_on = threading.Event(), threading.Event()
    own = ImageFeatures.of

    def slowly(features: ImageFeatures, image: Image) -> Seen:
        begun.set()
        assert may_go_on.wait(20)
        return own(features, image)

    monkeypatch.setattr(ImageFeatures, "of", slowly)
    about_image = smol.ask(shown("What?", photo(smol.blobs, 1)))
    about_text = smol.ask(user("What is the weather?"))
    with running(blobs=smol.blobs) as (scheduler, inbox):
        seeing = scheduler.submit(about_image)
        assert begun.wait(20)
        reading = scheduler.submit(about_text)
        assert len(inbox.tokens_of(reading)) == 12
        may_go_on.set()
        tokens = inbox.tokens_of(seeing)
    monkeypatch.undo()
    (alone,) = answer_all(smol.engine, [about_image])
    assert tokens == alone.tokens


def test_an_image_that_cannot_be_read_ends_its_own_request_only(smol: Served):
    gone = Image(sha256="0" * 64, width=60, height=40)
    with running(blobs=smol.blobs) as (scheduler, inbox):
        broken = scheduler.submit(smol.ask(shown("What?", gone)))
        fine = scheduler.submit(smol.ask(shown("What?", photo(smol.blobs, 1))))
        (problem,) = inbox.events_of(broken)
        assert isinstance(problem, InvalidRequestError)
        assert len(inbox.tokens_of(fine)) == 12
