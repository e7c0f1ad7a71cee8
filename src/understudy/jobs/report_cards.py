"""The trainer's part of a job's report card: how good the model was before training."""

from understudy.jobs.claims import Claim
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import begin_report, find_report
from understudy.work.lease import held


def has_baseline(db: Database, claim: Claim) -> bool:
    """Say whether an earlier attempt has measured it already."""
    with db.read() as session:
        return find_report(session, claim.job_id) is not None


def note_baseline(db: Database, claim: Claim, *, loss: float, token_accuracy: float) -> None:
    """Record it; a second measurement changes nothing. Raises LeaseLostError."""
    with db.write() as session:
        job = held(session, claim.hold)
        begin_report(
            session,
            job.id,
            job.project_id,
            base_loss=loss,
            base_token_accuracy=token_accuracy,
            now=db.now(session),
        )
