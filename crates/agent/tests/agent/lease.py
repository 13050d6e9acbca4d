"""Stands for a drive that stalls: nobody opens the file until this ends, and each attempt is told."""

import fcntl
import os
import signal
import sys

held = os.open(sys.argv[1], os.O_RDWR)
signal.signal(signal.SIGIO, lambda *_: print("wanted", flush=True))
fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
