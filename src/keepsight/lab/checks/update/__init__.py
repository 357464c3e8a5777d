"""How the product is updated."""
