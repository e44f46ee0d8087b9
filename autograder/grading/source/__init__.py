"""What the text of a student's files tells: nothing is run here, nor parsed, and what is no Python has lines too."""
