"""Checks of policies: what the texts state, and whether app and capture agree."""

from keepsight.lab.check import Check
from keepsight.lab.checks.policy import (
    contacts,
    data_per_function,
    documents_to_read,
    length_readability,
    precedence,
    retention_transfer,
    rights,
    sale_and_sharing,
    telemetry_declared,
    third_party_encryption,
    undeclared_trackers,
)

POLICY_CHECKS: tuple[Check, ...] = (
    precedence.CHECK,
    documents_to_read.CHECK,
    length_readability.CHECK,
    undeclared_trackers.CHECK,
    data_per_function.CHECK,
    rights.CHECK,
    contacts.CHECK,
    sale_and_sharing.CHECK,
    third_party_encryption.CHECK,
    retention_transfer.CHECK,
    telemetry_declared.CHECK,
)
