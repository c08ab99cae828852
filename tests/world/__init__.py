"""A private machine for one test or demo, and the real servers that run in it."""
