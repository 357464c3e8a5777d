"""Notices, with real receivers: browsers' keys, an SMTP server, an MQTT broker."""
