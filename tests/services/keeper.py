"""Runs a command, and never lets it outlive whoever asked for it: the process between a test and its service.

`python keeper.py COMMAND...`. SIGTERM is passed on. When standard input ends, because its writer closed it or died in
whatever way, the command is killed. When this process dies, the system kills the command. Its exit code becomes ours.
A process of its own, since the system's word (PR_SET_PDEATHSIG) counts from the thread that started a child: here that
is the main thread, while tests start services from where they like.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> int:
    """Run the command to its end; its exit code, or 128 and the number of the signal that ended it."""
    ourselves = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def in_the_child() -> None:
        _unblock()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != ourselves:  # too late: we are gone already
            os._exit(1)

    # Held back until there is a command to pass it on to.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=in_the_child)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    _unblock()
    ended = os.pidfd_open(child.pid)
    ready, _, _ = select.select([sys.stdin, ended], [], [])
    if ended not in ready:
        child.kill()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
