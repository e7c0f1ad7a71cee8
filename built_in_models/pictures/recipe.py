"""What the model that reads pictures is: its shape and how long it is trained."""

from dataclasses import dataclass

from transformers import Idefics3Config

from built_in_models.pictures.drawing import SIDE
from built_in_models.recipes import NANO, Recipe
from built_in_models.tokenizer import PADDING, SPECIAL_TOKENS

PICTURE_TOKEN = "<image>"
# The names that Idefics3's processor looks for, in the places that the tokenizer keeps free.
PICTURE_TOKENS = {
    "<|reserved_0|>": PICTURE_TOKEN,
    "<|reserved_1|>": "<fake_token_around_image>",
    "<|reserved_2|>": "<global-img>",
    "<|reserved_3|>": "<end_of_utterance>",
}


@dataclass(frozen=True, kw_only=True)
class PictureRecipe:
    """The built-in model that reads pictures, decided."""

    name: str
    text: Recipe
    """The built-in model whose weights its language part starts from."""
    tower_size: int
    tower_width: int
    """Of the feed-forward layers."""
    tower_layers: int
    tower_heads: int
    patch: int
    """Pixels of a patch's side."""
    scale: int
    """How many patches, in each direction, become one token."""
    tower_steps: int
    """Optimizer steps of the tower alone, on labelled patches."""
    pictures_per_tower_step: int
    tower_learning_rate: float
    steps: int
    """Optimizer steps of all but the tower."""
    warmup_steps: int
    """Of `steps`, over which the learning rate rises."""
    pictures_per_step: int
    """Conversations about pictures in a step."""
    texts_per_step: int
    """Conversations without pictures in a step, those of the text model."""
    learning_rate: float
    seed: int

    @property
    def tokens_per_picture(self) -> int:
        """How many tokens a picture takes, without the marks around it."""
        return (SIDE // self.patch // self.scale) ** 2

    def config(self) -> Idefics3Config:
        """Return the transformers configuration of the model."""
        return Idefics3Config(
            image_token_id=SPECIAL_TOKENS.index("<|reserved_0|>"),
            scale_factor=self.scale,
            tie_word_embeddings=True,
            vision_config={
                "hidden_size": self.tower_size,
                "intermediate_size": self.tower_width,
                "num_hidden_layers": self.tower_layers,
                "num_attention_heads": self.tower_heads,
                "image_size": SIDE,
                "patch_size": self.patch,
            },
            text_config=self.text.config().to_dict(),
            pad_token_id=SPECIAL_TOKENS.index(PADDING),  # pyright: ignore[reportCallIssue]
        )


VISION_NANO = PictureRecipe(
    name="understudy-vision-nano",
    text=NANO,
    tower_size=128,
    tower_width=384,
    tower_layers=3,
    tower_heads=4,
    patch=8,
    scale=2,
    tower_steps=1_000,
    pictures_per_tower_step=32,
    tower_learning_rate=4e-3,
    steps=1_600,
    warmup_steps=40,
    pictures_per_step=32,
    texts_per_step=2,
    learning_rate=2e-3,
    seed=3,
)
