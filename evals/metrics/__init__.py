"""Metrics: what is counted, and how sure the count is."""
