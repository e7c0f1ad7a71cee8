from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from tests.tiny import llama, write_renderer
from understudy.modeling.loading import load_base


def test_models_loaded_at_once_keep_the_weights_that_they_share(tmp_path: Path):
    directory = write_renderer(tmp_path / "base")
    llama(tie_word_embeddings=True).save_pretrained(directory)
    with ThreadPoolExecutor(4) as threads:
        loads = [threads.submit(load_base, directory, torch.float32) for _ in range(16)]
        models = [load.result().model for load in loads]
    models.append(load_base(directory, torch.float32).model)
    assert all(model.lm_head.weight is model.model.embed_tokens.weight for model in models)
