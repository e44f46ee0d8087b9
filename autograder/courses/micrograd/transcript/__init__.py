"""The lab that computes nothing: it writes down what an experiment does, as lines to paste."""
