"""What commands of the desk do for this course: drawing an expression, and a net at work."""
