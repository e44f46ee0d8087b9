"""What grading costs, as ratios of times measured side by side in one run. `make bench` runs `python -m benchmarks`."""
