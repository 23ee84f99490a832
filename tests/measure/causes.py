#!/usr/bin/env python3
"""Measures the cause in the code over real defects of public repositories with known truth.

    cargo build --release && python3 tests/measure/causes.py --mirrors DIR [--program FILE] [--cases DIR] [--fails]

DIR holds git directories of the repositories, at any depth (bare or not). The cases and the scorer stand beside the
project in `../shared` (or in the folder that SHARED names); what is absent is skipped, and the reason is printed.
Each case is asked twice, with the message alone and with the stack trace, in a repository in which only the past of the
logging commit exists. The aims: message alone, first place 85 %, first three 95 %, right name 85 %, commit 85 %; with
the trace, commit 90 %; median time of a case below 2 s.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED", HERE.parent / "shared"))
FORMS = {"message alone": "log_entry_message_only", "with the trace": "log_entry"}
AIMS = {"message alone": {"top1": 85, "top3": 95, "target": 85, "culprit": 85}, "with the trace": {"culprit": 90}}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=str(HERE / "target" / "release" / "log-gardener"))
    options.add_argument("--mirrors", required=True)
    options.add_argument("--cases", default=str(SHARED / "data" / "rca" / "cases"))
    options.add_argument("--fails", action="store_true", help="print what was answered wrongly")
    options = options.parse_args()
    scorer = SHARED / "tools" / "score_rca.py"
    if not scorer.is_file() or not Path(options.cases).is_dir():
        print(f"skipped: {scorer} or {options.cases} is not there")
        return 0
    mirrors = [found.parent for found in Path(options.mirrors).rglob("HEAD") if (found.parent / "objects").is_dir()]
    cases = [json.loads(file.read_text()) for file in sorted(Path(options.cases).glob("*/case.json"))]
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        gardens = {case["id"]: garden(case, mirrors, Path(folder)) for case in cases}
        absent = sorted({case["repo"] for case in cases if gardens[case["id"]] is None})
        if absent:
            print(f"skipped: no git directory below {options.mirrors} has the commits of {', '.join(absent)}")
        for form, entry in FORMS.items():
            answers = Path(folder) / entry
            answers.mkdir()
            times = []
            for case in cases:
                if gardens[case["id"]] is None:
                    continue
                cause, seconds = ask(options.program, gardens[case["id"]], case[entry])
                times.append(seconds)
                (answers / f"{case['id']}.json").write_text(json.dumps(cause))
            print(f"\n## {form}: {len(times)} cases, median {statistics.median(times):.2f} s, most {max(times):.2f} s\n")
            print(subprocess.run([sys.executable, scorer, answers, options.cases], capture_output=True, text=True).stdout)
            rows = json.loads(
                subprocess.run([sys.executable, scorer, answers, options.cases, "--json"], capture_output=True, text=True).stdout
            )
            rows = [row for row in rows if gardens[row["id"]] is not None]
            for part, aim in AIMS[form].items():
                share = 100 * sum(row[part] for row in rows) / len(rows)
                met = "met" if share >= aim else "NOT MET"
                missed |= share < aim
                print(f"{part:8} {share:5.1f} %  aim {aim} %  {met}")
            missed |= statistics.median(times) > 2
            if options.fails:
                for row in rows:
                    if not all(row[part] for part in ("top1", "target", "culprit")):
                        print(json.dumps(row), (answers / f"{row['id']}.json").read_text()[:600])
    return int(missed)


def garden(case, mirrors, folder):
    """Makes a repository whose only branch ends at the commit that logged; objects are borrowed."""
    for mirror in mirrors:
        known = subprocess.run(["git", "-C", mirror, "cat-file", "-e", case["parent_commit"]], capture_output=True)
        if known.returncode:
            continue
        place = folder / "repositories" / case["id"]
        place.mkdir(parents=True)
        git = lambda *words: subprocess.run(["git", "-C", place, *words], check=True, stdout=subprocess.DEVNULL)
        git("init", "-q")
        (place / ".git/objects/info/alternates").write_text(f"{mirror / 'objects'}\n")
        git("update-ref", "refs/heads/main", case["parent_commit"])
        git("symbolic-ref", "HEAD", "refs/heads/main")
        return place
    return None


def ask(program, place, entry):
    """Returns the cause that `triage` finds for one entry, and the seconds it took."""
    started = time.monotonic()
    done = subprocess.run(
        [program, "triage", "-", "--repo", place, "--format", "json"],
        input=json.dumps(entry), capture_output=True, text=True,
    )
    seconds = time.monotonic() - started
    try:
        incidents = json.loads(done.stdout)["incidents"]
    except (ValueError, KeyError):
        print(done.stderr, file=sys.stderr)
        return {}, seconds
    causes = [incident["cause"] for incident in incidents if incident.get("cause")]
    return (causes[0] if causes else {}), seconds


if __name__ == "__main__":
    sys.exit(main())
