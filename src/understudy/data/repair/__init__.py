"""Files that no job takes: read in any form, every fault placed, the common ones repaired."""
