"""What every room shares: clock, device, destination, secret. A closed list."""
