#!/usr/bin/env python3
"""Measures how fast logs are read, in ratios to other programs on the same file in the same minute.

    cargo build --release && python3 tests/measure/speed.py [--program FILE] [--work DIR] [--quick] [--large] [--only WORD]

Prints one line per figure with the figure aimed at; exit code 1 where one is missed. CPU is user plus system time with all
threads, files are in the page cache, each figure is the median of five runs (of three with --quick), and what is compared
runs in turn. Data comes from the generator in `../shared/tools` (or in the folder that SHARED names) and is kept in --work.
Yardsticks that are not installed are skipped, and the line says so: ripgrep, jq, jaq, gzip and zstd on the path; duckdb,
polars and chdb as Python packages. --large adds ten gigabytes. Leaves out profiles: they say why, not how much.
"""
import argparse, importlib.util, json, os, shutil, subprocess, sys, tempfile
from pathlib import Path

from usage import medians, usage_of

HERE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED", HERE.parent / "shared"))
MB = 1 << 20
missed = []


def figure(name, value, most=None, least=None, text=None):
    met = (most is None or value <= most) and (least is None or value >= least)
    aim = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else ""
    print(f"{name:64} {text or f'{value:.2f}':>22}  {aim:>9}  {'' if not aim else 'met' if met else 'NOT MET'}", flush=True)
    if not met:
        missed.append(name)


def skipped(name, reason):
    print(f"{name:64} {'skipped':>22}  {reason}", flush=True)


class Data:
    """Generated logs, made once."""

    def __init__(self, folder):
        self.folder = folder
        self.generator = SHARED / "tools" / "gen_logs.py"

    def log(self, size, rate, *more, name=""):
        file = self.folder / f"{size}-{rate}{name}.log"
        if not file.exists():
            part = file.with_suffix(".part")
            options = ["--size", size, "--error-rate", str(rate), *more]
            subprocess.run([sys.executable, self.generator, part, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            part.rename(file)
        usage_of(["cat", file])
        return file

    def truth(self, size, rate, *more, name=""):
        """Returns a log with the number of entries in it that are told as errors, warnings included."""
        table = self.folder / f"{size}-{rate}{name}.truth"
        file = self.folder / f"{size}-{rate}{name}.log"
        if not table.exists():
            file.unlink(missing_ok=True)
            self.log(size, rate, *more, "--truth", str(table), name=name)
        return self.log(size, rate, *more, name=name), len(json.loads(table.read_text())["entries"])


def yardsticks(program, data, times):
    rg = shutil.which("rg")
    sizes = [("1G", 0.001, 1.6), ("1G", 0.01, 2.0), ("1G", 0.05, 3.5), ("1G", 0.3, 8.0)]
    for size, rate, most in sizes:
        name = f"{size} at {100 * rate:g} % errors: CPU / rg -c"
        if not rg:
            skipped(name, "ripgrep is not installed")
            continue
        file = data.log(size, rate)
        needle = ["-c", '"severity":"ERROR"', file]
        own, mapped, read = medians([triage(program, file), [rg, *needle], [rg, "--no-mmap", *needle]], times)
        figure(name, own[0] / mapped[0], most=most, text=f"{own[0] / mapped[0]:.2f} ({own[0]:.3f} s)")
        figure(f"  / rg --no-mmap -c, which reads as this program does", own[0] / read[0], most=most)


def databases(program, data, times):
    scripts = {
        "duckdb": "import duckdb,sys; duckdb.sql(\"select resource->>'$.labels.service_name' s, coalesce(textPayload, jsonPayload->>'$.message') m, count(*), min(timestamp), max(timestamp) from read_json('\"+sys.argv[1]+\"', format='newline_delimited', columns={severity:'VARCHAR', timestamp:'VARCHAR', textPayload:'VARCHAR', jsonPayload:'JSON', resource:'JSON'}) where severity in ('ERROR','CRITICAL') group by 1, 2\").fetchall()",
        "chdb": "import chdb,sys; chdb.query(\"select JSONExtractString(resource,'labels','service_name') s, if(textPayload != '', textPayload, JSONExtractString(jsonPayload,'message')) m, count(), min(timestamp), max(timestamp) from file('\"+sys.argv[1]+\"', 'JSONEachRow', 'severity String, timestamp String, textPayload String, jsonPayload String, resource String') where severity in ('ERROR','CRITICAL') group by s, m\")",
        "polars": "import polars as p,sys; s=p.Struct({'labels':p.Struct({'service_name':p.String})}); p.scan_ndjson(sys.argv[1], schema={'severity':p.String,'timestamp':p.String,'textPayload':p.String,'jsonPayload':p.Struct({'message':p.String}),'resource':s}).filter(p.col('severity').is_in(['ERROR','CRITICAL'])).group_by(p.col('resource').struct.field('labels').struct.field('service_name'), p.coalesce('textPayload', p.col('jsonPayload').struct.field('message'))).len().collect()",
        "python": "import json,sys,collections\nc=collections.Counter()\nfor line in open(sys.argv[1]):\n e=json.loads(line)\n if e.get('severity') in ('ERROR','CRITICAL'): c[e['resource']['labels'].get('service_name'), e.get('textPayload') or e.get('jsonPayload',{}).get('message')]+=1",
    }
    query = 'select(.severity=="ERROR") | [.resource.labels.service_name, .textPayload // .jsonPayload.message]'
    pipes = {"jq": f"jq -c '{query}' FILE", "rg | jaq": f"rg '\"severity\":\"ERROR\"' FILE | jaq -c '{query}'"}
    wanted = [("duckdb", "1G", 0.01, 5), ("duckdb", "1G", 0.3, 2), ("rg | jaq", "200M", 0.01, 5), ("chdb", "200M", 0.01, 5)]
    wanted += [("polars", "200M", 0.01, 12), ("python", "200M", 0.01, 12), ("jq", "200M", 0.01, 25)]
    for other, size, rate, least in wanted:
        name = f"{size} at {100 * rate:g} %: CPU of {other} / ours"
        file = data.log(size, rate)
        if other in pipes:
            lacking = [word for word in ("rg", "jq", "jaq") if word in other.split(" | ") and not shutil.which(word)]
            command = ["sh", "-c", pipes[other].replace("FILE", str(file))]
        else:
            lacking = [] if other == "python" or importlib.util.find_spec(other) else [other]
            command = [sys.executable, "-c", scripts[other], file]
        if lacking:
            skipped(name, f"{', '.join(lacking)} is not installed")
            continue
        own, theirs = medians([triage(program, file), command], times)
        figure(name, theirs[0] / own[0], least=least)


def memory(program, data, large):
    base = {}
    for rate, groups in [(0.01, 200), (0.3, 2000)]:
        file = data.log("1G", rate, "--groups", str(groups), name="" if groups == 200 else f"-{groups}")
        base[rate] = usage_of([*triage(program, file), "--threads", "2"])[2]
        figure(f"1G at {100 * rate:g} %, {groups} groups, 2 threads: MB of memory", base[rate] / MB, most=32)
    if large:
        for rate, groups in [(0.01, 200)]:
            file = data.log("10G", rate, "--groups", str(groups))
            figure(f"10G at {100 * rate:g} %: MB more than 1G", (usage_of([*triage(program, file), "--threads", "2"])[2] - base[rate]) / MB, most=2)
            file.unlink()


def packed(program, data, times):
    file = data.log("1G", 0.01)
    plain = medians([triage(program, file)], times)[0][0]
    for tool, ending, most in [("gzip", ".gz", 0.5), ("zstd", ".zst", 1.1)]:
        name = f"{ending}: CPU / {tool} -dc"
        if not shutil.which(tool):
            skipped(name, f"{tool} is not installed")
            continue
        stored = file.with_name(file.name + ending)
        if not stored.exists():
            subprocess.run([tool, "-q", "-k", file], check=True)
        own, theirs = medians([triage(program, stored), [tool, "-dc", stored]], times)
        figure(name, own[0] / theirs[0], most=most)
    array = data.log("1G", 0.01, "--format", "gcloud-array", name="-array")
    share = array.stat().st_size / file.stat().st_size
    own = medians([triage(program, array)], times)[0][0]
    figure("gcloud array: CPU / NDJSON of as many bytes", own / plain / share, most=3)


def scaling(program, data, times):
    small, large = data.log("100M", 0.01), data.log("1G", 0.01)
    a, b = medians([triage(program, small), triage(program, large)], times)
    figure("10x bytes: CPU", b[0] / a[0], most=11)
    few = data.log("200M", 0.3, "--groups", "200", name="-few")
    many = data.log("200M", 0.3, "--groups", "2000", name="-many")
    a, b = medians([triage(program, few), triage(program, many)], times)
    figure("10x groups at 30 %: CPU", b[0] / a[0], most=1.15)
    figure("10x groups at 30 %: KB of memory a group", (b[2] - a[2]) / 1800 / 1024, most=2)
    near = data.log("200M", 0.05, "--cascade-window", "4", name="-near")
    far = data.log("200M", 0.05, "--cascade-window", "40", name="-far")
    a, b = medians([triage(program, near), triage(program, far)], times)
    figure("10x link window at 5 %: CPU", b[0] / a[0], most=1.15)
    none = data.log("1G", 0.0001)
    for rate in (0.01, 0.3):
        file, errors = data.truth("1G", rate, name="-told")
        a, b = medians([triage(program, none), triage(program, file)], times)
        figure(f"1G at {100 * rate:g} %: microseconds of CPU an error entry", (b[0] - a[0]) / errors * 1e6, most=4)


def threads(program, data, times):
    for rate in (0.01, 0.3):
        file = data.log("1G", rate)
        one, two = medians([[*triage(program, file), "--threads", n] for n in (1, 2)], times)
        figure(f"1G at {100 * rate:g} %: time of 2 threads / of 1", two[1] / one[1], most=0.65)


def starting(program, work, times):
    tiny = work / "tiny.json"
    tiny.write_text('{"insertId":"a","severity":"ERROR","timestamp":"2026-09-16T00:40:00Z","textPayload":"KeyError: \'x\'","logName":"l"}\n' * 8)
    for name, command in [("--version", [program, "--version"]), ("triage of 1 KB", [program, "triage", tiny])]:
        figure(f"{name}: milliseconds", medians([command], 4 * times)[0][1] * 1000, most=20)


def triage(program, file):
    return [program, "triage", "--format", "json", file]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=HERE / "target" / "release" / "log-gardener")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "log-gardener-speed")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--large", action="store_true")
    options.add_argument("--only", default="")
    chosen = options.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    data, times = Data(chosen.work), 3 if chosen.quick else 5
    if not data.generator.is_file():
        return skipped("everything", f"no {data.generator}")
    parts = {
        "start": lambda: starting(chosen.program, chosen.work, times),
        "yardstick": lambda: yardsticks(chosen.program, data, times),
        "threads": lambda: threads(chosen.program, data, times),
        "memory": lambda: memory(chosen.program, data, chosen.large),
        "packed": lambda: packed(chosen.program, data, times),
        "scaling": lambda: scaling(chosen.program, data, times),
        "databases": lambda: databases(chosen.program, data, times),
    }
    for name, part in parts.items():
        if chosen.only in name:
            part()
    sys.exit(1 if missed else 0)


main()
