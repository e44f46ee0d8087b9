"""`gradschool watch`: check at each save, and show the next thing to do with all there is to say about it.

A save or a key (`saves`, `keys`) is an event that the `loop` answers: it starts or ends a `check`, and has the `view`
show what is next, most of all what was edited last (`edits`), as much of it as the `window` has room for.
"""
