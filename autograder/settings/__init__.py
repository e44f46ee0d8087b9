"""What an instructor says of a course without touching code: the course file, read, checked, and explained, and the
roster."""
