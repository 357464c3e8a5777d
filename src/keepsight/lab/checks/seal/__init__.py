"""Labels and certificates claimed."""
