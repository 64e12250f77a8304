"""What runs inside: scripts of the standard library alone, which need nothing else of this package.

They import each other relatively, because in there this folder is a package without parents. A host
starts them and imports none but `literals`.
"""
