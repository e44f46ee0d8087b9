"""gradschool: a teaching scaffold for micrograd, and the autograder that scores it."""
