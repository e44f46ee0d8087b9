"""The questions of an exam: drawn from the domains of an experiment's arguments, and made simple for messages."""
