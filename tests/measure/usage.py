"""What a command costs: its CPU, its time, its memory. Leaves out what the figures mean."""
import os, statistics, sys, time


def usage_of(command, accept=(0, 3)):
    """Runs a command, its output thrown away; returns CPU seconds (user and system, with its children), wall seconds
    and its largest memory in bytes."""
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            os.execvp(str(command[0]), [str(word) for word in command])
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in accept:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {code}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss * 1024


def medians(commands, times):
    """Runs commands in turn, `times` times each, so that each round meets the same machine; returns for each the
    medians of CPU, time and memory."""
    rounds = [[usage_of(command) for command in commands] for _ in range(times)]
    return [tuple(statistics.median(run[of][part] for run in rounds) for part in range(3)) for of in range(len(commands))]
