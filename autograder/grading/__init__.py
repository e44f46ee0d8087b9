"""A submission and an exam make a report."""
