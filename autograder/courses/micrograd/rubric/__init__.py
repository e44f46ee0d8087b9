"""The items of micrograd: a module an assignment, a function an item."""
