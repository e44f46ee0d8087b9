"""The red team: hostile submissions, each with the points that it may honestly earn, and the arena that grades them."""
