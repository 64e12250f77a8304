"""Which documents of all the sources stay, and which are held out."""
