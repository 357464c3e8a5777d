"""The trust core: what makes one household's picture unreadable to any other.

Read `frame` first. Nothing here knows cameras, networks or files, except `ledger`, which is a file.
"""
