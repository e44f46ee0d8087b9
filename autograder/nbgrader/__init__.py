"""nbgrader's course: its notebooks, its gradebook, and what of ours runs in it."""
