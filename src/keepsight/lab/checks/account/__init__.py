"""The account, signing in, pairing."""
