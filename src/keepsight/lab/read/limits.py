"""What an untrusted file may cost, and how a reader says that it gave up.

The figures are far above real products (the largest companion apps seen have some 30 dex files and
400 MB) and far below what would hurt the machine that looks at them.
"""

from typing import Final

FILE_BYTES_MAX: Final = 4 * 1024**3
"""Larger artefacts are not opened."""
ARCHIVE_ENTRIES_MAX: Final = 65_535
"""Entries in one zip archive: what the classic format can count."""
ARCHIVE_DEPTH_MAX: Final = 2
"""An app inside a bundle; nothing deeper is opened."""
BUNDLE_APPS_MAX: Final = 200
"""Packages (base and splits) inside one bundle."""
ENTRY_BYTES_MAX: Final = 256 * 1024**2
"""One inflated entry that is held in memory. A dex file of 65,536 methods is about 13 MB."""
ENTRY_STREAM_BYTES_MAX: Final = 2 * 1024**3
"""One inflated entry that is only hashed, a chunk at a time."""
INFLATED_BYTES_MAX: Final = 2 * 1024**3
"""All that is inflated from one artefact."""
INFLATE_RATIO_MAX: Final = 400
"""Inflated to packed, past the first mebibyte. Deflate itself ends near 1,032."""
NATIVE_LIBRARIES_MAX: Final = 1_000
"""Native libraries that are listed."""
DEX_FILES_MAX: Final = 256
DEX_BYTES_MAX: Final = 512 * 1024**2
"""All dex files of an app together."""
XML_BYTES_MAX: Final = 16 * 1024**2
XML_ELEMENTS_MAX: Final = 100_000
XML_DEPTH_MAX: Final = 256
RESOURCE_TABLE_BYTES_MAX: Final = 64 * 1024**2
NAME_CHARS_MAX: Final = 512
"""Class and method names are cut to this in facts: hostile ones are as long as the file."""
CONSTANT_CHARS_MAX: Final = 4_096
"""String constants are cut to this in facts."""
STRING_BYTES_MAX: Final = 256 * 1024
"""One string of a dex file; the class file it came from allows 65,535 bytes."""
XML_TEXT_BYTES_MAX: Final = 64 * 1024**2
"""All text decoded from one binary XML file or resource table. Strings may lie on top of each
other, so the size of the file does not bound it."""
METHOD_UNITS_MAX: Final = 1_000_000
"""16-bit code units of one method that the call-site tracker walks through."""
CALL_SITES_MAX: Final = 20_000
"""Call sites kept of one app."""
SIGNATURE_BYTES_MAX: Final = 16 * 1024**2
"""The APK signing block, and each file of a JAR signature."""
SIGNERS_MAX: Final = 10
"""Signers of one scheme, as Android itself allows."""
CERTIFICATES_MAX: Final = 32
"""Certificates of one signer, and steps of one key rotation."""


class UnreadableArtefact(Exception):  # noqa: N818 - names what is wrong, as the report does
    """An artefact, or the part that a parser was given, could not be read; the text says why.

    Whoever knows the file's name adds it. The outcome is error or unknown, never clear.
    """
