"""Pure statistics: paired outcomes of two runs, and whether one model is better."""
