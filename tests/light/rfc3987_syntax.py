"""Stands before a library of that name, of which jsonschema makes forty grammars whenever it is imported, for a format
that no schema here has: that takes a second and a half in each process, nbgrader's too. Without it the format is not
checked."""

raise ImportError("left out of the tests")
