"""Signing in: passphrase, second factors, recovery, limits. `signin.py` puts the steps together."""
