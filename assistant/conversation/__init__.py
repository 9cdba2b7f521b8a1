"""Follow-up questions: what was asked before is remembered within bounds, and a question that leans on it is completed by rules, or left as it is."""
