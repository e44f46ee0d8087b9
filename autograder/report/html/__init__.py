"""The pages that people look at: one for a student, one for the class. Each is one file that asks for no other."""
