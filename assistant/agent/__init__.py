"""The engine that reasons: a language model gathers evidence with tools and drafts sentences; each is checked like any other."""
