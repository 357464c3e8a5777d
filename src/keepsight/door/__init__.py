"""The keyless front: listener, routes, fan-out, cache of sealed fragments, the built UI."""
