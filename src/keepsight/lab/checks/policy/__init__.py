"""What the privacy policies state."""
