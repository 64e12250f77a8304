"""Models trained elsewhere become artifacts of ours: out of a wheel, from the hub, from the disk."""

from codekiln.pipeline.pull.stage import pull

__all__ = ["pull"]
