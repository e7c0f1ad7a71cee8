"""What the runs of an eval say: pairs, statistics, and whether one model is better than another."""
