#!/usr/bin/env python3
"""Guards what reading costs: counts the instructions of one run over 20 MB and compares with what is recorded.

    cargo build --release && python3 tests/measure/instructions.py [--program FILE] [--record]

Instructions, unlike seconds, do not depend on what else the machine does. The record stands in `instructions.json` beside
this file, with the tolerance: more than that is a regression (exit code 1), less is told so that it gets recorded with
--record. Skips with a reason where valgrind or the generator (`../shared/tools`, or SHARED) is absent.
"""
import argparse, json, os, re, shutil, subprocess, sys, tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
SHARED = Path(os.environ.get("SHARED", HERE.parents[2].parent / "shared"))
RECORD = HERE.with_name("instructions.json")


def counted(program, log, profile):
    """Returns the instructions of one run without those of SHA-256, which valgrind's processor has no quick way for."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program, "triage", "--threads", "1"]
    command += ["--now", "2026-10-30T00:00:00Z", "--format", "json", log]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"error: the run under valgrind ended with {done.returncode}\n{done.stderr[-2000:]}")
    told = subprocess.run(["callgrind_annotate", "--threshold=100", profile], capture_output=True, text=True, check=True).stdout
    # Lines with an arrow are calls, which the sources of a build with line numbers are annotated with.
    hashing = re.findall(r"^\s*([\d,]+) (?!.*=>).*sha2::sha256", told, re.MULTILINE)
    return int(found[1]) - sum(int(count.replace(",", "")) for count in hashing)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=HERE.parents[2] / "target" / "release" / "log-gardener")
    options.add_argument("--record", action="store_true")
    chosen = options.parse_args()
    generator = SHARED / "tools" / "gen_logs.py"
    for lacking, where in [(not shutil.which("valgrind"), "valgrind is not installed"), (not generator.is_file(), f"no {generator}")]:
        if lacking:
            return print(f"instructions: skipped, {where}")
    record = json.loads(RECORD.read_text())
    with tempfile.TemporaryDirectory() as work:
        total = {}
        for rate in record["instructions"]:
            log = Path(work) / f"{rate}.json"
            subprocess.run([sys.executable, generator, log, "--size", "20M", "--error-rate", rate], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            total[rate] = counted(chosen.program, log, Path(work) / "profile")
    if chosen.record:
        RECORD.write_text(json.dumps(record | {"instructions": total}, indent=2) + "\n")
    tolerance, worse = record["tolerance_percent"], False
    for rate, now in total.items():
        before = record["instructions"][rate]
        change = 100 * (now - before) / max(before, 1)
        verdict = "more than tolerated" if change > tolerance else "less: record it" if change < -tolerance else "as recorded"
        worse |= change > tolerance
        print(f"instructions at {100 * float(rate):g} % errors: {now:,}, recorded {before:,}, {change:+.1f} % ({verdict}, tolerance {tolerance} %)")
    sys.exit(1 if worse and not chosen.record else 0)


main()
