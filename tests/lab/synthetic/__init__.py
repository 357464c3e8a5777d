"""Android packages made from nothing: manifests, code, archives and signatures written by hand.

No Android SDK is needed, and every byte but the keys is the same in each run. `article.py` builds
the app that has every weakness the lab knows.
"""
