"""Students' own tests, run on one package after the other: how each test ends on each, and nothing else."""
