"""When a certificate is due: pure arithmetic on its lifetime. Times are POSIX seconds."""

SHORT_LIFETIME = 10 * 86400  # below this, half the lifetime is kept in reserve


def due_at(not_before: float, not_after: float) -> float:
    """Return the moment from which a certificate should be renewed.

    A third of its lifetime is left then; half, where it lives less than ten days.
    """
    lifetime = not_after - not_before
    reserve = lifetime / 2 if lifetime < SHORT_LIFETIME else lifetime / 3
    return not_after - reserve
