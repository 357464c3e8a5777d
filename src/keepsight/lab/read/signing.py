"""Brings the three signature schemes of one package together."""

from keepsight.lab.facts.app import Signing
from keepsight.lab.read import signing_block
from keepsight.lab.read.archive import Archive
from keepsight.lab.read.jar_signature import JarSignature
from keepsight.lab.read.leb128 import Buffer


class PackageSignature:
    """Verifies v2 and v3 at once and v1 as its entries are seen.

    The newer schemes come first because v1 promises them (`X-Android-APK-Signed`).
    """

    def __init__(self, archive: Archive) -> None:
        self._v2, self._v3 = signing_block.verify(archive)
        others = {number for number, one in (("2", self._v2), ("3", self._v3)) if one.verified}
        self._v1 = JarSignature(archive, others)

    def see(self, name: str, data: Buffer) -> None:
        """Take an entry that was inflated for another reason."""
        self._v1.see(name, data)

    def finish(self) -> Signing:
        """Verify what is left and return the facts."""
        results = (self._v1.finish(), self._v2.result(), self._v3.result())
        return Signing(
            results=results,
            lineage=self._v3.rotation() if self._v3.verified else (),
            strip_protected=bool(self._v1.promises) if self._v1.present else None,
        )
