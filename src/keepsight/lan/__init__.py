"""Talking to devices on the local network, one probe a protocol. Facts, no judgement."""
