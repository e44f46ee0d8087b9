"""Words of a text."""


def split(text):
    """The words of a text, in their order."""
    # Which method of str does it?
    ### BEGIN SOLUTION splitting-split
    return text.split()
    ### END SOLUTION


def count(words):
    """How often each word comes, by the word."""
    # A dictionary.
    ### BEGIN SOLUTION splitting-count
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found
    ### END SOLUTION
