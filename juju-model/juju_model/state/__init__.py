"""A controller as plain data, and its rules: what an event changes, what is due next."""
