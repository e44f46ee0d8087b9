"""The courses: all that knows what is taught. The machine around them is handed one, as a `course.Course`."""

TAUGHT = "autograder.courses.micrograd"  # by this installation
