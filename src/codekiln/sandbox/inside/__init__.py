"""What runs inside: scripts of the standard library alone, started by path, never imported by a host.

They import each other relatively, because in there this folder is a package without parents.
"""
