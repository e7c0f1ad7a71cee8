"""Starts the connector from words: what patches show becomes the text model's embeddings of it.

The text model copies words of its prompt already. A picture whose tokens look like `red` and
`circle` is one that it can nearly read, long before a thousand answers would have taught that.

P pictures, N patches of one, K tokens of one, F features of a token, H size of an embedding.
"""

from itertools import islice

import torch
from torch import Tensor
from transformers import Idefics3ForConditionalGeneration, PreTrainedTokenizerBase

from built_in_models.pictures.corpus import tower_drawings, training_conversations
from built_in_models.pictures.drawing import COLORS, KINDS
from built_in_models.pictures.recipe import PictureRecipe
from built_in_models.pictures.rendering import pixels
from built_in_models.pictures.tower import labelled

_PICTURES = 1_500
_AT_ONCE = 100
# Against features that hardly vary; small beside their number.
_RIDGE = 10.0
# A word's first token says which word it is; the others are soon predicted from it.
_LATER_TOKENS = 0.5


def give_words(
    model: Idefics3ForConditionalGeneration,
    tokenizer: PreTrainedTokenizerBase,
    recipe: PictureRecipe,
) -> None:
    """Fit the connector to the words for what each token's patches show, by least squares."""
    conversations = islice(training_conversations(-recipe.seed), _PICTURES // 2)
    drawings = [drawing for task in conversations for drawing in task.pictures]
    drawings += islice(tower_drawings(-recipe.seed), _PICTURES // 2)
    embeddings = model.get_input_embeddings().weight.detach()
    colors = torch.stack([_word(color, tokenizer, embeddings) for color in COLORS])
    kinds = torch.stack([_word(kind, tokenizer, embeddings) for kind in KINDS])
    size, hidden = recipe.tower_size * recipe.scale**2, embeddings.shape[1]
    squares_FF = torch.eye(size) * _RIDGE
    products_FH = torch.zeros(size, hidden)
    for start in range(0, len(drawings), _AT_ONCE):
        chosen = drawings[start : start + _AT_ONCE]
        labels = labelled(chosen, recipe.patch)
        with torch.no_grad():
            seen = model.model.vision_model(pixels(chosen)).last_hidden_state
            features = _tokens(model, seen, recipe.scale)
        is_drawn = (labels.kinds_PN != 0).float()[..., None]
        words = colors[labels.colors_PN] + kinds[labels.kinds_PN] * is_drawn
        # A token with a thing on it says the thing; the others say the background.
        weights = _tokens(model, is_drawn + 1e-3, recipe.scale)[..., None]
        parts = _tokens(model, words, recipe.scale).unflatten(-1, (-1, hidden))
        targets = (parts * weights).sum(2) / weights.sum(2)
        features_F, targets_H = features.flatten(0, 1), targets.flatten(0, 1)
        squares_FF += features_F.T @ features_F
        products_FH += features_F.T @ targets_H
    fitted_FH = torch.linalg.solve(squares_FF, products_FH)
    with torch.no_grad():
        model.model.connector.modality_projection.proj.weight.copy_(fitted_FH.T)


def _tokens(model: Idefics3ForConditionalGeneration, of_patches: Tensor, scale: int) -> Tensor:
    """Join what belongs to the patches of one token: [P, N, X] becomes [P, K, scale² · X]."""
    return model.model.connector.pixel_shuffle(of_patches, scale)


def _word(text: str, tokenizer: PreTrainedTokenizerBase, embeddings: Tensor) -> Tensor:
    first, *later = tokenizer.encode(text, add_special_tokens=False)
    return embeddings[first] + _LATER_TOKENS * embeddings[later].sum(0)
