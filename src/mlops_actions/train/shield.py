"""Keep our environment variables, which may hold a password, from processes that we start."""

import ctypes
import sys

PR_SET_DUMPABLE = 4  # linux/prctl.h


def close_our_environment() -> None:
    """Have the kernel refuse /proc/<our pid>/environ and mem to other processes of this user (prctl(2), PR_SET_DUMPABLE).

    It protects this process, on Linux, from all users but root; not the processes that started this one. A process
    loses it when it starts another program, so what we start is as usual.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
