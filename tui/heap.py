"""Memory: glibc's allocator is told to give it back, and nobody looks for garbage while modules load.

A look runs dozens of short-lived threads. By default each may get a heap of its own, eight for a core, which keeps the
largest answer that it has ever held; and once a large block was freed, later ones are no longer mapped apart.
"""

import gc

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""Both: glibc, malloc.h; mallopt(3)."""
_LARGE = 1 << 20
"""Bytes from which a block is mapped apart, and so gone when it is freed."""
_HEAPS = 2
_OFTEN = (10_000, 20, 20)
"""How often garbage is looked for (`gc.set_threshold`): each look stops the screen, and little of ours is cyclic."""


def tune_heaps() -> None:
    """Set this for the whole process, where its C library can; to be called before the first thread starts."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # musl and macOS: no such function, and no such heaps
    mallopt(_M_ARENA_MAX, _HEAPS)
    mallopt(_M_MMAP_THRESHOLD, _LARGE)


def begin_loading() -> None:
    """From now on no cycles are looked for: modules make hundreds of thousands of objects, all of which stay."""
    gc.disable()


def loaded() -> None:
    """What there is by now stays and is never searched again; later garbage is. Does nothing if not loading."""
    if not gc.isenabled():
        gc.set_threshold(*_OFTEN)
        gc.freeze()
        gc.enable()


def settle() -> None:
    """What is known now stays for long: leave it out of every search for garbage, each of which stops the screen.

    Thousands of explained pods take a tenth of a second to search. The little garbage that is among them waits for
    `unsettle`; what is merely no longer used goes at once, as always.
    """
    gc.freeze()


def unsettle() -> None:
    """Search everything again: a new look replaces it."""
    gc.unfreeze()
