"""What a camera says about itself, and what we remember of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Observed, not judged. An empty text means: not observed."""

    realm: str = ""
    """Realm of the RTSP authentication challenge; many vendors put the serial number into it."""
    server: str = ""
    """RTSP `Server` header."""
    session_name: str = ""
    """SDP `s=` line."""
    tool: str = ""
    """SDP `a=tool:` attribute."""
    serial: str = ""
    """ONVIF serial number."""
    tls_key_sha256: str = ""
    """SHA-256 of the SubjectPublicKeyInfo, in hex, where the camera speaks TLS."""
    mac: str = ""
    """Link-layer address from the neighbour table; a hint, and absent across routers."""
