"""What a child that handles hostile bytes gives up before it sees the first of them."""
