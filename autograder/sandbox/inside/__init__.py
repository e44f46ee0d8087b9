"""What runs inside the sandbox: the template, supervisors, runners and sitters, beside the student's own code.

Nothing in here is a secret, and no word of it counts for more than the item that is sat.
"""
