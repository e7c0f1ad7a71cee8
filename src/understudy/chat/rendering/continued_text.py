"""A prompt and its completion as token ids: what Completions serves, the completion learned."""

from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample


def continued_text(renderer: ChatRenderer, prompt: str, completion: str) -> RenderedExample:
    """Return a prompt as Completions reads it and the completion after it, which is trained.

    The two share no token, as a model reads the one and then writes the other. No end token is
    added: where a completion ends is said by the stop mark that its author wrote.
    """
    read, written = renderer.text_ids(prompt), renderer.vocabulary.continued(completion)
    return RenderedExample(
        ids=[*read, *written], trained=[*(False for _ in read), *(True for _ in written)]
    )
