"""The engine that reasons: a language model gathers evidence with tools and drafts the answer; every sentence is verified as ever."""
