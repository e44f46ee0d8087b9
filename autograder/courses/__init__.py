"""The courses: all that knows what is taught. The machine around them is handed one, as an `exam.course.Course`."""
