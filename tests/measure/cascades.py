#!/usr/bin/env python3
"""Measures links and roots over generated logs with known cascades.

    cargo build --release && python3 tests/measure/cascades.py [--program FILE] [--size 60M] [--fails]

The generator stands beside the project in `../shared` (or in the folder that SHARED names); where it is absent the
figures are skipped, and the reason is printed. What is true: the root of a cascade causes each of its children, and an
error beside which a request failed in the same trace causes that failure; a link between any two others is wrong.
`cargo test --test all cascades:: -- --nocapture` prints the same figures for worlds with delays, chains, several causes and
decoys, which need no generator from outside.
"""
import argparse, collections, json, os, subprocess, sys, tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED", HERE.parent / "shared"))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=str(HERE / "target" / "release" / "log-gardener"))
    options.add_argument("--size", default="60M")
    options.add_argument("--groups", default="400")
    options.add_argument("--error-rate", default="0.1")
    options.add_argument("--eps", default="60", help="entries a second of log time")
    options.add_argument("--seed", default="7")
    options.add_argument("--fails", action="store_true", help="print wrong and missed links")
    options = options.parse_args()
    tool = SHARED / "tools" / "gen_logs.py"
    if not tool.is_file():
        return print(f"skipped: no {tool}")
    if not os.access(options.program, os.X_OK):
        sys.exit(f"error: {options.program} is not there\nhint: cargo build --release, or name it with --program")
    with tempfile.TemporaryDirectory() as work:
        log, truth, assigned = (Path(work) / name for name in ("log.ndjson", "truth.json", "assigned"))
        making = [sys.executable, tool, log, "--size", options.size, "--groups", options.groups, "--eps", options.eps]
        making += ["--error-rate", options.error_rate, "--seed", options.seed, "--truth", truth]
        subprocess.run(making, check=True, capture_output=True)
        run = subprocess.run([options.program, "triage", log, "--format", "json", "--assignments", assigned], capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"error: triage ended with {run.returncode}\n{run.stderr}")
        lines = [json.loads(line) for line in assigned.read_text().splitlines()]
        sys.exit(score(json.loads(truth.read_text()), json.loads(run.stdout), lines, options.fails))


def score(truth, triage, assigned, fails):
    group_of = {entry[1]: entry[2] for entry in truth["entries"]}
    ours = {line["insert_id"]: line["group"] for line in assigned}
    votes = collections.defaultdict(collections.Counter)
    for name, group in group_of.items():
        if name in ours:
            votes[ours[name]][group] += 1
    true_name = {group: counted.most_common(1)[0][0] for group, counted in votes.items()}
    true = collections.Counter((group_of[one["root"]], group_of[child]) for one in truth["cascades"] for child in one["children"])
    symptoms = {entry[2] for entry in truth["entries"] if entry[3] == "symptom"}
    links = {}
    for incident in triage["incidents"]:
        for link in incident["links"]:
            links[true_name.get(link["from"]), true_name.get(link["to"])] = link
    judged = {pair: link for pair, link in links.items() if pair in true or pair[1] not in symptoms}
    wrong = [pair for pair in judged if pair not in true]
    often = [pair for pair, times in true.items() if times >= 3]
    found = [pair for pair in often if pair in links]
    roots = collections.defaultdict(set)
    for incident in triage["incidents"]:
        for group in incident["groups"]:
            roots[true_name.get(group["id"])].add(true_name.get(incident["root"]))
    named = [group_of[one["root"]] in roots[group_of[one["root"]]] for one in truth["cascades"]]
    sure = [pair in true for pair, link in judged.items() if link["confidence"] >= 0.9]
    figures = [
        ("links that are right", 1 - len(wrong) / max(1, len(judged)), 0.95, len(judged)),
        ("links found, of those that occur three times", len(found) / max(1, len(often)), 0.90, len(often)),
        ("cascades whose root is named right", sum(named) / max(1, len(named)), 0.97, len(named)),
        ("links at a confidence of 0.9 that are right", sum(sure) / max(1, len(sure)), 0.90, len(sure)),
    ]
    missed = 0
    for name, value, least, of in figures:
        missed += value < least
        print(f"{name:46} {value:8.4f} of {of:5}  >= {least:.2f}  {'met' if value >= least else 'NOT MET'}")
    if fails:
        for pair in wrong:
            print("    wrong", *pair, judged[pair]["kind"], judged[pair]["occurrences"], "of", judged[pair]["of"], judged[pair]["confidence"])
        for pair in sorted(set(often) - set(found)):
            print("    missed", *pair, true[pair], "times")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
