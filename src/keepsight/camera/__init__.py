"""A camera made of software: a file or a drawn scene behind a real RTSP server."""
