"""Passages in, ranked evidence out: embedding, engines, fusion and the one `Searcher`."""
