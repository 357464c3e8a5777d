"""The commands. They start processes (`serve`) or ask a running hub over its control socket."""
