"""What an import could not take, and what its owner has to know, each with its place."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something about one place of the files."""

    place: str
    """Such as `evals.jsonl, line 3, testing_criteria[0]`."""
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(kw_only=True)
class Remarks:
    """What an import found out as it went along."""

    left_out: list[Remark] = field(default_factory=list[Remark])
    """What is not taken: each is a loss."""
    notes: list[Remark] = field(default_factory=list[Remark])
    """What is taken, but in another form than one might expect."""

    def leave_out(self, place: str, text: str) -> None:
        """Add a loss."""
        self.left_out.append(Remark(place=place, text=text))

    def note(self, place: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Remark(place=place, text=text))
