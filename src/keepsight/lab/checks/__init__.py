"""Facts to findings: pure rules, one file a check."""
