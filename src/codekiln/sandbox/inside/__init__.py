"""What runs inside: scripts of the standard library alone, which need nothing else of this package.

Imports are paid for at each start, so typing, contextlib, signal and pathlib stay out, each of which costs
as much as all that runs here. The scripts import each other relatively, because in there this folder is a
package without parents. A host starts them and imports none but `literals`.
"""
