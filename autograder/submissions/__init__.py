"""What students hand in: found, unpacked, and named."""
