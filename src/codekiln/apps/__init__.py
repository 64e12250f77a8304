"""What the commands do once their arguments are parsed. Siblings: none of them imports another."""
