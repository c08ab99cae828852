"""The hook tools: what a charm calls in its hooks."""
