"""The learning rate of a base model when the user leaves it to the server: "auto"."""

from understudy.registry.tuning import TrainedWeights

_BASE_RATE = 5e-5
_LORA_FACTOR = 10
_REFERENCE_WIDTH = 2000
_LLAMA_EXPONENT = 0.781
_QWEN_EXPONENT = 0.0775


def auto_learning_rate(hidden_size: int, family: str, trained: TrainedWeights) -> float:
    """Return the highest learning rate of a run, for a base of this width and architecture.

    Source: the fit 5e-5 · (2000 / hidden)^p, times ten for LoRA, of Thinking Machines' "LoRA
    Without Regret" (2025), with p = 0.781 for the Llama family and 0.0775 for Qwen. Other
    families take Llama's.
    """
    exponent = _QWEN_EXPONENT if family.startswith("qwen") else _LLAMA_EXPONENT
    rate = _BASE_RATE * (_REFERENCE_WIDTH / hidden_size) ** exponent
    return rate * _LORA_FACTOR if trained is TrainedWeights.LORA else rate
