"""One file a way of running a model; registry.py lists them."""
