"""The engine that reasons: a model gathers evidence with tools and drafts sentences from it. What it writes is checked like anything else."""
