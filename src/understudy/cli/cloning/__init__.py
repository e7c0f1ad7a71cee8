"""`understudy clone`: the behaviour of a model elsewhere, learned by one here."""
