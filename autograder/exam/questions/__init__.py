"""What is asked: descriptions of what an argument may be, and questions drawn from them."""
