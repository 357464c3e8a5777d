"""What was noticed: taken from the watcher, stored with sealed pictures, told to whoever asked."""
