"""Ways to confine a program, the soundest first: each says what is missing, and prepares a place."""

from codekiln.sandbox.backends.backend import Backend, Place
from codekiln.sandbox.backends.bubblewrap import Bubblewrap
from codekiln.sandbox.backends.landlock import Landlock
from codekiln.sandbox.backends.seatbelt import Seatbelt
from codekiln.sandbox.backends.unconfined import Unconfined

__all__ = ["Backend", "Bubblewrap", "Landlock", "Place", "Seatbelt", "Unconfined"]
