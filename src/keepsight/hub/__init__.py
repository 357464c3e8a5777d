"""One household: the only place with its plaintext and keys. `hub.py` builds and runs it."""
