"""Checks of captures: what was seen on the wire."""

from keepsight.lab.check import Check
from keepsight.lab.checks.capture import (
    cleartext,
    countries_and_peers,
    credentials_in_clear,
    key_in_message,
    keystream_reuse,
    message_cipher,
    message_integrity,
    personal_data,
    replay_window,
    shared_still,
    trackers_contacted,
    transport_encryption,
)

CAPTURE_CHECKS: tuple[Check, ...] = (
    cleartext.CHECK,
    credentials_in_clear.CHECK,
    transport_encryption.CHECK,
    message_cipher.CHECK,
    keystream_reuse.CHECK,
    key_in_message.CHECK,
    message_integrity.CHECK,
    replay_window.CHECK,
    trackers_contacted.CHECK,
    countries_and_peers.CHECK,
    personal_data.CHECK,
    shared_still.CHECK,
)
"""Every file of this folder that judges; a test fails one that is not listed."""
