"""RTSP 1.0 (RFC 2326) and RTP (RFC 3550): from a URL to access units."""
