"""Jobs between their creation and their claim."""
