"""Camera to packets, and the one fan-out to everything that reads them."""
