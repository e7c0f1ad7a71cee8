"""What a user's code in the sandbox may write in the place of its process's own answer."""

WRITE = """import os
for pipe in range(3, 64):
    try: os.write(pipe, {})
    except OSError: pass"""

FORGED = {
    "no score": '"printed": "", "number": 2',
    "a score of text": '"score": "1", "printed": "", "number": 2',
    "a list of scores": '"score": [1], "printed": "", "number": 2',
    "a boolean": '"score": true, "printed": "", "number": 2',
    "a score of 401 digits": f'"score": {"9" * 401}, "printed": "", "number": 2',
    "NaN": '"score": NaN, "printed": "", "number": 2',
    "Infinity": '"score": Infinity, "printed": "", "number": 2',
    "1e400": '"score": 1e400, "printed": "", "number": 2',
    "60,000 brackets": '"score": ' + "[" * 60_000,
    "a lone surrogate": r'"score": 1, "printed": "\ud800", "number": 2',
    "a key too many": '"score": 1, "printed": "", "number": 2, "cost": 0',
    "another number": '"score": 1, "printed": "", "number": 1',
    "a number of text": '"score": 1, "printed": "", "number": "2"',
    "an error of no text": '"error": 5, "blames_sample": false, "printed": "", "number": 2',
    "an error too long": '"blames_sample": false, "printed": "", "number": 2, '
    f'"error": "{"x" * 3000}"',
    "an output too long": f'"score": 1, "printed": "{"x" * 9000}", "number": 2',
    "no UTF-8": '"score": 1, "printed": "\udcff", "number": 2',
}
"""What code may write in the place of its process's answer to the first sample."""


def forged(answer: str) -> str:
    """Return code that writes this answer by itself, and ends so that no other one comes."""
    whole = f"{{{answer}}}".encode("utf-8", "surrogateescape")
    return WRITE.format(f"({len(whole)}).to_bytes(4) + {whole!r}") + "\nos._exit(0)"
