"""What was observed. Frozen dataclasses; no judgement, no input or output."""
