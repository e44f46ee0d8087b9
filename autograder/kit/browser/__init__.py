"""The course in a browser: what runs there in Python, and the page around it."""
