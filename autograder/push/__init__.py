"""Every push is graded: the hook of a repository, and the queue behind it."""
