"""Tells glibc's allocator to give memory back: many threads, and lists of megabytes, else hold twice what they need.

A look runs dozens of short-lived threads. By default each may get a heap of its own, eight for a core, which keeps the
largest answer that it has ever held; and once a large block was freed, later ones are no longer mapped apart.
"""

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""Both: glibc, malloc.h; mallopt(3)."""
_LARGE = 1 << 20
"""Bytes from which a block is mapped apart, and so gone when it is freed."""
_HEAPS = 2


def tune_heaps() -> None:
    """Set this for the whole process, where its C library can; to be called before the first thread starts."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # musl and macOS: no such function, and no such heaps
    mallopt(_M_ARENA_MAX, _HEAPS)
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
