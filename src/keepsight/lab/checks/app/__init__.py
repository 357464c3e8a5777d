"""What the companion app contains."""
