"""Fine-tune and serve small open models behind the API that OpenAI's clients already call."""

__version__ = "0.1.0"
