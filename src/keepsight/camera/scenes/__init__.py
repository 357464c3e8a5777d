"""What the simulated cameras look at."""
