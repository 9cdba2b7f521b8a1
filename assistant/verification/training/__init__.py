"""The trained verifier: from pairs of claim and evidence to a small cross-encoder that tells support, contradiction and neither apart."""
