"""What students start from: stubs made of the reference, and the kit around them."""
