"""Reports that lie in a results folder: what is kept of each, and how exports read them."""
