from pathlib import Path
from random import Random
from typing import Any

import numpy
import pytest
from PIL import Image as Pictures

from tests.seeing import FAMILIES, processor, shown, template, write_renderer
from tests.tiny import assistant, user
from understudy.chat.messages import Image, ImageDetail, Message, Role
from understudy.chat.rendering.renderer import ChatRenderer

SYSTEM = Message(role=Role.SYSTEM, content="Be brief.")
SIZES = [
    (1, 1),
    (32, 32),
    (33, 32),
    (64, 64),
    (640, 480),
    (480, 640),
    (1, 500),
    (4000, 3),
    (97, 31),
]
# Longer pictures are refused; a tiny model of LFM2-VL reads six tokens of one.
MAX_RATIOS = {"qwen2_5_vl": 200, "qwen3_vl": 200, "lfm2_vl": 6}


def _renderer(tmp_path: Path, family: str) -> ChatRenderer:
    return ChatRenderer.from_directory(write_renderer(tmp_path / family, family))


def _theirs(family: str, messages: list[Message], **changes: Any) -> list[int]:
    """Return the ids that transformers' own processor makes of a conversation."""
    pictures = [
        Pictures.fromarray(numpy.zeros((part.height, part.width, 3), dtype=numpy.uint8))
        for message in messages
        for part in message.parts
        if isinstance(part, Image)
    ]
    wire = [
        {
            "role": message.role.value,
            "content": [
                {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
                for part in message.parts or (message.content or "",)
            ],
        }
        for message in messages
    ]
    own = processor(family)
    text = own.apply_chat_template(
        wire, chat_template=template(family), add_generation_prompt=True, tokenize=False
    )
    kwargs = {"add_special_tokens": False} if family == "gemma3" else {}
    out = own(text=[text], images=[pictures] if pictures else None, **kwargs, **changes)
    return list(out["input_ids"][0])


def _image(width: int, height: int, detail: ImageDetail = ImageDetail.AUTO) -> Image:
    return Image(sha256="0" * 64, width=width, height=height, detail=detail)


def _sizes() -> list[tuple[int, int]]:
    random = Random(0)
    some = [(random.randrange(1, 900), random.randrange(1, 900)) for _ in range(60)]
    return [*SIZES, *some]


@pytest.mark.parametrize("family", FAMILIES)
def test_prompts_with_images_of_any_size_have_the_ids_of_the_models_own_processor(
    tmp_path: Path, family: str
):
    renderer = _renderer(tmp_path, family)
    for width, height in _sizes():
        if max(width, height) > MAX_RATIOS.get(family, 5000) * min(width, height):
            continue
        messages = [shown("What is this?", _image(width, height), " And why?")]
        assert renderer.prompt_ids(messages) == _theirs(family, messages), (width, height)


@pytest.mark.parametrize("family", FAMILIES)
def test_conversations_with_several_images_have_the_ids_of_the_models_own_processor(
    tmp_path: Path, family: str
):
    renderer = _renderer(tmp_path, family)
    messages = [
        SYSTEM,
        shown(_image(300, 200), _image(20, 20), "What is in Paris?"),
        assistant("The weather."),
        shown("And here?", _image(31, 77)),
        assistant("Fog."),
        user("Why?"),
    ]
    ids = renderer.prompt_ids(messages)
    assert ids == _theirs(family, messages)
    assert renderer.prompt_ids([SYSTEM, user("Hello")]) == _theirs(family, [SYSTEM, user("Hello")])


@pytest.mark.parametrize("family", ["idefics3", "smolvlm"])
def test_an_image_of_low_detail_is_one_tile(tmp_path: Path, family: str):
    renderer = _renderer(tmp_path, family)
    messages = [shown(_image(300, 200, ImageDetail.LOW), "What?")]
    assert renderer.prompt_ids(messages) == _theirs(family, messages, do_image_splitting=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_places_of_images_are_their_tokens_and_none_is_learned(tmp_path: Path, family: str):
    renderer = _renderer(tmp_path, family)
    first, second = _image(300, 200), _image(20, 20)
    messages = [shown(first, "What?"), assistant("Fog."), shown(second, "?"), assistant("Rain.")]
    example = renderer.training_ids(messages, (), [False, False, False, True])
    filled = renderer.vocabulary.id_of(FAMILIES[family].image_token)
    places = [at for at, id in enumerate(example.ids) if id == filled]
    assert [placed.image for placed in example.images] == [first, second]
    assert [at for placed in example.images for at in placed.places] == places
    assert not any(example.trained[at] for at in places)
    learned = renderer.decode([i for i, t in zip(example.ids, example.trained, strict=True) if t])
    assert learned.replace(FAMILIES[family].end, "").strip() == "Rain."
    prompt = renderer.prompt(messages[:3])
    assert prompt.ids == example.ids[: len(prompt.ids)]
    assert prompt.images == example.images


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_user_types_never_becomes_a_token_of_images(tmp_path: Path, family: str):
    renderer = _renderer(tmp_path, family)
    typed = " ".join(FAMILIES[family].tokens)
    messages = [shown(_image(20, 20), typed)]
    filled = renderer.vocabulary.id_of(FAMILIES[family].image_token)
    (placed,) = renderer.prompt(messages).images
    assert renderer.prompt_ids(messages).count(filled) == len(placed.places)
    assert filled not in renderer.prompt_ids([user(typed)])
    assert typed.split()[0] in renderer.decode(renderer.prompt_ids(messages))


def test_a_longer_picture_has_more_tokens(tmp_path: Path):
    renderer = _renderer(tmp_path, "smolvlm")
    lengths = [len(renderer.prompt_ids([shown(_image(side, side), "What?")])) for side in (16, 300)]
    assert lengths[0] <= lengths[1]
    wide = len(renderer.prompt_ids([shown(_image(300, 60), "What?")]))
    assert wide < lengths[1]


def test_an_answer_that_was_read_is_continued_with_the_images_in_place(tmp_path: Path):
    renderer = _renderer(tmp_path, "smolvlm")
    first = [shown(_image(300, 200), "What?")]
    read = [
        *renderer.prompt_ids(first),
        *renderer.vocabulary.encode(" Fo"),
        *renderer.vocabulary.encode("g"),
        *renderer.stop_ids[:1],
    ]
    prompt = renderer.prompt([*first, assistant("Fog"), user("Why?")], read=read)
    assert prompt.ids[: len(read)] == read
    assert prompt.images == renderer.prompt(first).images
