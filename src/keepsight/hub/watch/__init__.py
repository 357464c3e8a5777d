"""Watching: pictures of all cameras to the watcher's process, and what it notices back."""
