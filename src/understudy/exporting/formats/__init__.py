"""The formats in which a model can leave, each written tensor by tensor."""
