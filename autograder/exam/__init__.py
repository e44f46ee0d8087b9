"""What is asked and what is right: items and their questions, the exam that is made of them, and whether it tells right
from wrong."""
