"""A class: many submissions, graded side by side, and the folder of their results."""
