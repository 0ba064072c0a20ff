#!/usr/bin/env python3
"""Runs every peer and our own programs on the same respondents, checks that they agree, and prints what each took.

    python3 benches/peers/run.py [40k] [1m] [10m] [--repetitions N] [--folder DIR] [--skip NAME …]

The folder (`target/peers` unless told) keeps respondents, databases and the environment that the Python peers are installed in.
"""

import argparse
import array
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = ["numpy", "pyarrow", "duckdb", "polars", "svy"]
SIZES = ["40k", "1m", "10m"]
TOLERANCE = 1e-9
SMALL = 1e-3
"""Points, of 100: differences between figures below this are measured against it. Where all answers of a few people are the same, a
standard error is 0, and some come to 1e-16."""
STATISTICS = 31
"""Items, criteria and the index, of each domain."""


class Engine:
    """Something that is timed: its command, and the sizes at which it does not take minutes."""

    def __init__(self, name, command, sizes=SIZES, absent=None, figures=True):
        self.name, self.command, self.sizes, self.absent, self.figures = name, command, sizes, absent, figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", help=" ".join(SIZES))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "peers")
    parser.add_argument("--skip", nargs="*", default=[], help="names of engines")
    wanted = parser.parse_args()
    sizes = wanted.sizes or ["40k", "1m"]
    if unknown := set(sizes) - set(SIZES):
        parser.error(f"no such size: {', '.join(sorted(unknown))}")
    wanted.folder.mkdir(parents=True, exist_ok=True)
    python, missing = environment(wanted.folder / "python")
    ours, hailong = built()
    print(f"{os.cpu_count()} cores, {processor()}, {platform.system()} {platform.release()}")
    print("; ".join(versions(python, missing)))
    worst = 0
    for size in sizes:
        data = wanted.folder / size
        prepare(python, ours, size, data)
        engines = listed(python, missing, ours, hailong, size, data, wanted.threads)
        worst = max(worst, compare(size, data, engines, ours, wanted))
    sys.exit(1 if worst else 0)


def environment(folder):
    """A Python of its own with the peers in it, and the names of those that could not be installed."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    missing = set()
    for package in PACKAGES:
        if subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode == 0:
            continue
        if subprocess.run([python, "-m", "pip", "install", "--quiet", package]).returncode != 0:
            missing.add(package)
    if {"numpy", "pyarrow"} & missing:
        sys.exit("the respondents cannot be made without numpy and pyarrow")
    return python, missing


def built():
    """Our programs, built as they are shipped: the benchmark and the command."""
    command = ["cargo", "build", "--release", "--bench", "peers", "--bin", "hailong", "--message-format", "json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("cargo could not build the programs")
    made = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable"):
            made[message["target"]["name"]] = message["executable"]
    return made["peers"], made["hailong"]


def processor():
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def versions(python, missing):
    """Each peer with its version, or that it is absent."""
    code = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"
    for package in PACKAGES:
        done = subprocess.run([python, "-c", code, package], capture_output=True, text=True)
        yield f"{package} {'absent' if package in missing else done.stdout.strip()}"
    yield f"R survey {survey() or 'absent'}"
    yield subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()


def survey():
    """The version of R's survey; `None` where it is not there."""
    if not shutil.which("Rscript"):
        return None
    command = ["Rscript", "-e", 'cat(as.character(packageVersion("survey")))']
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def prepare(python, ours, size, data):
    """Respondents as columns and tables, and in a database of ours, each made once."""
    if not (data / "made").exists():
        subprocess.run([python, HERE / "respondents.py", size, data], check=True)
        (data / "made").touch()
    if not (data / "loaded").exists():
        for file in data.glob("hailong.sqlite*"):
            file.unlink()
        done = subprocess.run([ours, "load", data, data / "hailong.sqlite"], check=True, stdout=subprocess.PIPE, text=True)
        took = json.loads(done.stdout)
        megabytes = sum(file.stat().st_size for file in data.glob("hailong.sqlite*")) / 1e6
        print(f"{size}: {took['rows']:,} responses written to SQLite in {took['load']:.1f} s, {megabytes:,.0f} MB")
        (data / "loaded").touch()


def listed(python, missing, ours, hailong, size, data, threads):
    """Every engine; ours first, since all are compared with it."""

    def peer(script, package, *words, sizes=SIZES, name):
        command = [python, HERE / script, data, "FIGURES", str(threads), *words]
        return Engine(name, command, sizes, f"{package} could not be installed" if package in missing else None)

    database = ["--database", f"sqlite:{data / 'hailong.sqlite'}"]
    run = [hailong, *database, "run", "--index", "sipas-open", "--index-version", "1.1", "--wave", "peers", "--json"]
    return [
        Engine("Hailong, columns", [ours, "columns", data, "FIGURES"]),
        Engine("Hailong, SQLite", run, figures=False),
        peer("peer_duckdb.py", "duckdb", name="DuckDB, Parquet"),
        peer("peer_polars.py", "polars", "streaming", name="Polars streaming, Parquet"),
        peer("peer_polars.py", "polars", "in-memory", name="Polars in memory, Parquet"),
        peer("peer_numpy.py", "numpy", name="numpy, columns, one thread"),
        peer("peer_svy.py", "svy", name="svy, items of provinces", sizes=["40k", "1m"]),
        Engine(
            "R survey, items and index of provinces",
            ["Rscript", HERE / "peer_survey.R", data, "FIGURES"],
            ["40k"],
            None if survey() else "Rscript or its package survey is not there",
        ),
    ]


def compare(size, data, engines, ours, wanted):
    """Runs the engines in turn, so that all meet the same neighbours; returns how many disagree with ours."""
    print(f"\n{size}, load {os.getloadavg()[0]:.1f}")
    taken, figures, wrong = {}, {}, 0
    running = []
    for engine in engines:
        if engine.name in wanted.skip:
            print(f"  {engine.name}: skipped, as asked")
        elif engine.absent:
            print(f"  {engine.name}: absent, {engine.absent}")
        elif size not in engine.sizes:
            print(f"  {engine.name}: not run at this size, it would take minutes")
        else:
            running.append(engine)
    for _ in range(wanted.repetitions):
        for engine in running:
            file = data / "figures.bin"
            file.unlink(missing_ok=True)
            command = [str(file) if word == "FIGURES" else str(word) for word in engine.command]
            taken.setdefault(engine.name, []).append(timed(command, engine.name))
            output = taken[engine.name][-1].pop("output")
            figures[engine.name] = doubles(file) if engine.figures else from_json(output)
    reference = figures[running[0].name]
    for engine in running[1:]:
        gap, count = difference(reference, figures[engine.name])
        agrees = gap <= TOLERANCE and count > 0
        wrong += not agrees
        print(f"  {engine.name}: {count:,} figures, {'agree' if agrees else 'DO NOT AGREE'}, worst relative difference {gap:.1e}")
    if wrong:
        print("  no times are printed, since the engines do not agree")
        return wrong
    report(running, taken)
    print("  a run from SQLite, stage by stage")
    stages = subprocess.run([ours, "stages", data / "hailong.sqlite"], check=True, stdout=subprocess.PIPE, text=True).stdout
    for name, seconds in json.loads(stages)["stages"]:
        print(f"  {name:<55} {seconds:>8.3f} s")
    print(f"  load afterwards {os.getloadavg()[0]:.1f}")
    return 0


def timed(command, name):
    """Wall and processor seconds and the peak of memory of a whole process, and what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        sys.exit(f"{name} ended with {process.returncode}")
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return {"wall": wall, "cpu": cpu, "memory": memory, "output": output, "steps": steps(output)}


def steps(output):
    """What a peer says each step took; our command says nothing."""
    last = output.strip().rsplit("\n", 1)[-1]
    return json.loads(last) if len(last) < 1000 and last.startswith("{") else {}


def doubles(file):
    """Pairs of value and standard error, domains × 31."""
    numbers = array.array("d")
    numbers.frombytes(file.read_bytes())
    return numbers


def from_json(output):
    """The same of the JSON that our command prints. Its domains stand in the order of their codes, children before parents."""
    scores = json.loads(output)["scores"]
    numbers = []
    for start in range(0, len(scores), STATISTICS):
        domain = scores[start : start + STATISTICS]
        rank = lambda node: 2 if node == "INDEX" else 1 if node.startswith("C") else 0
        for score in sorted(domain, key=lambda score: rank(score["node"])):
            numbers += [score["value"], score["se"]]
    return [float("nan") if number is None else number for number in numbers]


def difference(ours, theirs):
    """The worst relative difference over the figures that a peer has, and how many those are."""
    pairs = [(a, b) for a, b in zip(ours, theirs) if b == b]
    return max((abs(a - b) / max(abs(a), SMALL) for a, b in pairs), default=0.0), len(pairs)


def report(running, taken):
    """Medians, and ratios to our run from SQLite where the whole process is meant."""
    middle = lambda name, key: statistics.median(run[key] for run in taken[name])
    base = next((engine.name for engine in running if engine.name == "Hailong, SQLite"), running[0].name)
    print(f"  {'whole process, medians':<40} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}   ratios to {base}")
    for engine in running:
        values = [middle(engine.name, key) for key in ("wall", "cpu", "memory")]
        ratios = [value / middle(base, key) for value, key in zip(values, ("wall", "cpu", "memory"))]
        shown = "  ".join(f"{ratio:>6.2f}" for ratio in ratios)
        print(f"  {engine.name:<40} {values[0]:>8.3f} {values[1]:>8.3f} {values[2]:>8.0f}   {shown}")
    print("  within the process, medians")
    for engine in running:
        runs = [run["steps"] for run in taken[engine.name]]
        if runs[0]:
            words = [f"{name.replace('_', ' ')} {statistics.median(run[name] for run in runs):.3f} s" for name in runs[0]]
            print(f"  {engine.name:<40} " + ", ".join(words))


if __name__ == "__main__":
    main()
