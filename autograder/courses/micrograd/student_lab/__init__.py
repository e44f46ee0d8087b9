"""The lab that runs an experiment on the student's own code, and what it lends to that."""
