"""The screening of a job's training file: recorded by its worker, reviewed by its owner."""
