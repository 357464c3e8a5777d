"""Brings the signature schemes of one package together."""

from dataclasses import replace
from typing import Final

from keepsight.lab.facts.app import Manifest, SchemeResult, Signing
from keepsight.lab.read import signing_block
from keepsight.lab.read.archive import Archive
from keepsight.lab.read.jar_signature import JarSignature
from keepsight.lab.read.leb128 import Buffer

_V2_NEEDED_FROM_TARGET: Final = 30


class PackageSignature:
    """Verifies v2, v3 and v3.1 at once and v1 as its entries are seen.

    The newer schemes come first because v1 promises them (`X-Android-APK-Signed`).
    """

    def __init__(self, archive: Archive) -> None:
        self._v2, self._v3, self._v31 = signing_block.verify(archive)
        others = {number for number, one in (("2", self._v2), ("3", self._v3)) if one.verified}
        self._v1 = JarSignature(archive, others)

    def see(self, name: str, data: Buffer) -> None:
        """Take an entry that was inflated for another reason."""
        self._v1.see(name, data)

    def finish(self, manifest: Manifest | None = None) -> Signing:
        """Verify what is left and return the facts.

        A newer scheme that is there and broken makes Android refuse the package, whatever the older
        ones say, so they count as not verified. The same holds for v1 alone where the manifest asks
        for more.
        """
        v1, v2, v3 = self._v1.finish(), self._v2.result(), self._v3.result()
        v31 = self._v31.result()
        if v31.present and not v31.verified:
            v3 = _refused(v3, "scheme v3.1 does not verify, so the package is refused")
        if v3.present and not v3.verified:
            v31 = _refused(v31, "scheme v3 does not verify, so the package is refused")
            v2 = _refused(v2, "scheme v3 does not verify, so the package is refused")
        if v2.present and not v2.verified:
            v1 = _refused(v1, "scheme v2 does not verify, so the package is refused")
        elif v3.present and not v3.verified:
            v1 = _refused(v1, "scheme v3 does not verify, so the package is refused")
        if manifest is not None and not (v2.present or v3.present):
            if manifest.target_sdk >= _V2_NEEDED_FROM_TARGET:
                v1 = _refused(v1, "apps for API 30 and later need scheme v2 or v3")
            elif manifest.target_sandbox > 1:
                v1 = _refused(v1, "apps in the second sandbox version need scheme v2 or v3")
        return Signing(
            results=(v1, v2, v3, v31) if v31.present else (v1, v2, v3),
            lineage=next(
                (one.rotation() for one in (self._v31, self._v3) if one.verified and one.lineage),
                (),
            ),
            strip_protected=bool(self._v1.promises) if self._v1.present else None,
        )


def _refused(result: SchemeResult, reason: str) -> SchemeResult:
    if not result.verified:
        return result
    return replace(result, verified=False, reason=reason)
