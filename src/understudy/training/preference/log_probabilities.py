"""How likely a model finds whole answers: sums of the log-probabilities of their tokens.

R trained rows, A answers, H hidden size.
"""

from torch import Tensor
from transformers import PreTrainedModel

from understudy.modeling.forward import hidden_states
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE
from understudy.training.preference.pairs import PairBatch
from understudy.training.token_log_probabilities import token_log_probabilities


def answer_log_probabilities(
    model: PreTrainedModel, batch: PairBatch, *, logit_bytes: int = LOGIT_BYTES_AT_ONCE
) -> Tensor:
    """Return the log-probability [A] of every answer of a batch, in nats; carries the graph.

    The batch lies on the model's device. At most `logit_bytes` of logits exist at once.
    """
    hidden_TH = hidden_states(
        model,
        batch.tokens_T,
        batch.positions_T,
        batch.segments,
        batch.layout,
        branches=batch.branches,
    )
    hidden_RH = hidden_TH.index_select(0, batch.rows_R)
    of_token_R = token_log_probabilities(model, hidden_RH, batch.targets_R, logit_bytes=logit_bytes)
    sums_A = of_token_R.new_zeros(2 * len(batch.numbers))
    return sums_A.index_add(0, batch.answers_R, of_token_R)
