"""The world's documents in, passages out: sources, chunking, ledger and pipeline."""
