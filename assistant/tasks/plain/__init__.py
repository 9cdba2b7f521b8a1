"""Plain words for patients: a glossary, what a rewriting must keep, and how hard words are to read."""
