"""The n-th write, sync, rename or statement of a story fails, or the process or the power dies."""

import argparse
import itertools
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.jobs.workshop import open_workshop
from tests.siege.findings import Findings
from tests.siege.promises import PEPPER, broken_promises
from tests.siege.seams import DiedError, Fault, Seams
from tests.siege.stories import ONCE, STORIES, House, Story
from tests.siege.upgrades import besiege_upgrades
from tests.unit.evals.bench import new_bench
from understudy.errors import UnderstudyError
from understudy.modeling.checkpoints import CorruptCheckpointError
from understudy.storage.database import Database
from understudy.storage.keys import create_key
from understudy.storage.tables.evals import EvalRow
from understudy.webhooks.endpoints import EndpointPolicy, create_endpoint

_log = logging.getLogger("tests.siege")

_EVENTS = [
    "fine_tuning.job.succeeded",
    "fine_tuning.job.failed",
    "fine_tuning.job.cancelled",
    "eval.run.succeeded",
    "eval.run.failed",
    "eval.run.canceled",
    "batch.completed",
    "batch.failed",
]


def besiege(
    directory: Path,
    *,
    most: int,
    stories: Sequence[Story] = STORIES,
    kinds: Sequence[Fault] = tuple(Fault),
    first: int = 1,
) -> Findings:
    """Run each story with a fault at each of its steps, at most so many for each kind.

    `first` is the step to begin at; one that no story reaches tries the loss of power after it.
    """
    findings = Findings()
    template = directory / "template"
    house = _build(template)
    for story, fault in itertools.product(stories, kinds):
        for at in range(first, first + most):
            if not _try(template, directory / "root", house, story, fault, at, findings):
                break
        name = f"{story.__name__} {fault.value}"
        _log.info("%s: %d", name, findings.faults[name])
    return findings


def _try(
    template: Path, root: Path, made: House, story: Story, fault: Fault, at: int, found: Findings
) -> bool:
    """Run a story with one fault; return whether it got as far as that."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root)
    house = _open(root, made)
    seams, acknowledged = Seams(fault, at, root), {}
    try:
        with seams.around(house.db):
            acknowledged = story(house)
            seams.last_step()
    except (DiedError, OSError, UnderstudyError):
        # Whoever dies after the last step has answered nobody.
        acknowledged = {}
    house.db.close()
    is_over = seams.steps < at
    if is_over and fault is not Fault.LOSES:
        return False
    if fault is Fault.LOSES:
        # After the last step, too: what was acknowledged has to be durable.
        seams.disk.lose_power()
    name = f"{story.__name__} {fault.value}"
    found.faults[name] += 1
    house = _open(root, made)
    try:
        found.add(f"{name} at step {at}", broken_promises(house, acknowledged))
        # Nothing is locked: the same works when it is asked again.
        if story not in ONCE:
            again = story(house)
            found.add(f"{name} at step {at}, again", broken_promises(house, again))
    except (CorruptCheckpointError, OSError, UnderstudyError) as error:
        found.add(f"{name} at step {at}", [f"it cannot be done again: {error}"])
    finally:
        house.db.close()
    return not is_over


def _build(root: Path) -> House:
    home = root / "home"
    home.mkdir(parents=True)
    (home / "models").mkdir()
    shop = open_workshop(home / "understudy.db")
    with shop.db.write() as session:
        key = create_key(session, shop.project, "first", pepper=PEPPER)
    # The eval belongs to the project of the jobs.
    bench = new_bench(shop.db)
    with shop.db.write() as session:
        session.query(EvalRow).filter_by(id=bench.eval_id).update({"project_id": shop.project})
    create_endpoint(
        shop.db,
        EndpointPolicy(pepper=PEPPER, allows_private=False),
        shop.project,
        name="h",
        url="https://example.com/",
        types=_EVENTS,
    )
    house = House(shop, root, key, "")
    house = replace(house, doomed=house.file(b"to be deleted\n"))
    shop.db.close()
    return house


def _open(root: Path, made: House) -> House:
    db = Database.at(root / "home" / "understudy.db")
    return replace(made, root=root, shop=replace(made.shop, db=db))


def main() -> int:
    """Try every fault and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--stories", nargs="*", default=[each.__name__ for each in STORIES])
    parser.add_argument("--statements", type=int, default=5, help="every so many of an upgrade")
    parser.add_argument("--seed", type=int, default=1, help="at which of these an upgrade begins")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tests").setLevel(logging.INFO)
    stories = [each for each in STORIES if each.__name__ in asked.stories]
    with TemporaryDirectory() as directory:
        findings = besiege(Path(directory), most=asked.most, stories=stories)
        besiege_upgrades(
            Path(directory), findings,
            first=asked.seed % asked.statements + 1, every=asked.statements,
        )  # fmt: skip
    return findings.say()


if __name__ == "__main__":
    sys.exit(main())
