"""Reads what a registry posts of a trial as the tables that they are, and what a claim says of them: counts, shares, measured values."""
