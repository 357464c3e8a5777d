"""What was seen on the wire."""
