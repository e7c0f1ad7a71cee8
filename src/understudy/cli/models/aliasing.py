"""Lets a fine-tuned model answer under a further name."""

from urllib.parse import quote

from openai import OpenAI


def put_alias(client: OpenAI, name: str, model: str) -> None:
    """Let a model answer under a further name; the server refuses names that are taken."""
    path = f"/x/model_aliases/{quote(name, safe=':')}"
    client.put(path, cast_to=object, body={"model": model})
