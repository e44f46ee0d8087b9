"""A tokenizer, by you."""
