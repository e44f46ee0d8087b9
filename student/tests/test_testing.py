"""The items of testing, and their points. Each is a test: `pytest -k testing-forward` runs one.

testing-forward       2  Catch wrong results
testing-rules         2  Catch wrong rules
testing-walk          2  Catch a backward() that walks the wrong way
testing-accumulation  1  Catch gradients that do not add up
testing-nets          1  Catch nets that are put together wrongly
testing-training      2  Catch what goes wrong in training
"""
