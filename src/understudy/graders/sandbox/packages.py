"""The packages of OpenAI's grader image that python graders find here, if they are installed."""

PACKAGES = {
    "deepdiff": "deepdiff",
    "jsonschema": "jsonschema",
    "nltk": "nltk",
    "numpy": "numpy",
    "pandas": "pandas",
    "pydantic": "pydantic",
    "rapidfuzz": "rapidfuzz",
    "rouge_score": "rouge-score",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "sqlparse": "sqlparse",
    "sympy": "sympy",
    "yaml": "pyyaml",
}
"""Module to distribution; what the server does not need itself is the extra `graders`."""


def installed_versions() -> dict[str, str | None]:
    """Return the version of each distribution, None for one that is not installed."""
    return {name: _version(name) for name in PACKAGES.values()}


def is_in_extra(module: str | None) -> bool:
    """Say whether `pip install understudy[graders]` brings a module."""
    return module is not None and module.partition(".")[0] in PACKAGES


def _version(distribution: str) -> str | None:
    # Graders' processes import this module too, and have no use for what this one imports.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
