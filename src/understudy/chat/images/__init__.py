"""Images in prompts: into which tokens each family of models turns a picture of some size."""
