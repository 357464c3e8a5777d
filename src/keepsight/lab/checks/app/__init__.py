"""The checks about apps, in the order of the report. A new one adds its line here."""

from typing import Final

from keepsight.lab.check import Check
from keepsight.lab.checks.app import (
    claimed_platform,
    cleartext_traffic,
    debug_code,
    debuggable,
    exported,
    file_modes,
    hard_coded_secrets,
    http_urls,
    known_vulnerable,
    min_android,
    permissions,
    pinning,
    sensitive_storage,
    signature_key,
    signature_schemes,
    trackers_present,
    trust,
    weak_cipher,
    weak_hash,
    weak_random,
    web_view,
)

APP_CHECKS: Final[tuple[Check, ...]] = (
    cleartext_traffic.CHECK,
    http_urls.CHECK,
    trust.CHECK,
    pinning.CHECK,
    signature_schemes.CHECK,
    signature_key.CHECK,
    min_android.CHECK,
    claimed_platform.CHECK,
    debuggable.CHECK,
    debug_code.CHECK,
    file_modes.CHECK,
    sensitive_storage.CHECK,
    weak_cipher.CHECK,
    weak_hash.CHECK,
    weak_random.CHECK,
    web_view.CHECK,
    permissions.CHECK,
    exported.CHECK,
    trackers_present.CHECK,
    known_vulnerable.CHECK,
    hard_coded_secrets.CHECK,
)
