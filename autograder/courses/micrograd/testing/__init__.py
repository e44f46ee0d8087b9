"""The assignment in which students write the tests: what these are tried on, in words and as packages."""
