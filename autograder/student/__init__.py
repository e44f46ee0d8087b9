"""At the student's desk: check, watch, try, draw, and hand in."""
