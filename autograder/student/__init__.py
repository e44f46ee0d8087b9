"""At the student's desk: find the kit, check it, hint, try, draw, watch, and hand in."""
