"""The Quick Check: artefacts in, report out. Holds no key and imports none."""
