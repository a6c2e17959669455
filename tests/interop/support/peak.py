# `python3 peak.py PROGRAM ARGUMENT...` runs the program; the last line on stderr is the most memory it took, in KiB.
import resource, subprocess, sys

status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status if status >= 0 else 1)
