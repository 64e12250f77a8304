"""How large each step is: warm up, stay, decay (Hu et al. 2024, MiniCPM, §4)."""


def warmup_stable_decay(step: int, steps: int, warmup: float, decay: float) -> float:
    """The share of the full learning rate at `step` (0 … steps-1).

    It rises in a straight line over the first `warmup` share of the steps, and falls in one towards
    zero over the last `decay` share.

    >>> [warmup_stable_decay(step, 10, warmup=0.2, decay=0.4) for step in (0, 1, 2, 5, 6, 9)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.25]
    """
    rising, falling = round(steps * warmup), round(steps * decay)
    if step < rising:
        return (step + 1) / rising
    if step >= steps - falling:
        return (steps - step) / falling
    return 1.0
