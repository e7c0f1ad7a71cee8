"""The plan of a run over pairs of answers: that of a supervised run, and what pairs need."""

from dataclasses import dataclass, fields, replace

from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan

AUTO_BETA = 0.1
"""What the paper and most recipes use."""
_RATE = 0.03
"""Pairs take a small share of the learning rate of examples: their loss falls for as long as the
other answer falls, whatever becomes of the preferred one. With 0.1 a base's answers were garbled
after 60 steps, at a reward accuracy of 100 % (docs/benchmarks.md, "Preferences")."""


@dataclass(frozen=True, kw_only=True)
class PreferencePlan(SupervisedPlan):
    """Everything that a run over pairs needs, decided; `batch_size` counts pairs."""

    beta: float
    """How closely the model is held to the one that training starts from; above 0, at most 2."""
    sft_weight: float
    """The weight of the preferred answers' cross-entropy beside the loss over pairs."""

    def job_hyperparameters(self) -> JobHyperparameters:
        """Return the numbers that the job shows once it runs."""
        shown = super().job_hyperparameters()
        return replace(shown, beta=self.beta, sft_weight=self.sft_weight or None)


def plan_preference(plan: SupervisedPlan, requested: JobHyperparameters) -> PreferencePlan:
    """Return the plan of a run over pairs, from that of a supervised run over as many examples."""
    given = {each.name: getattr(plan, each.name) for each in fields(SupervisedPlan)}
    given["learning_rate"] = plan.learning_rate * _RATE
    return PreferencePlan(
        **given,
        beta=AUTO_BETA if requested.beta is None else requested.beta,
        sft_weight=requested.sft_weight or 0.0,
    )
