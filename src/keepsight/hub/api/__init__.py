"""HTTP only, one file a noun. Reached through the door, or by the local command line."""
