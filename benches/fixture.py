"""This repository's own project: first run, second run, check and start-up; with --dbt also `dbt build` of the same models
and tests (see dbt_project.py), whole processes in turn.

usage: fixture.py [--rounds N] [--work FOLDER] [--rihla PROGRAM] [--dbt PROGRAM]
Before each first run warehouse and target are removed; before each dbt build the database is, and with it what dbt knows of
an earlier parse for the line "dbt build, first parse". Prints Markdown.
"""
import os, pathlib, shutil, statistics, subprocess, sys

from dbt_project import REPOSITORY, copy
from side_by_side import HERE, measured, options


def prepared(o):
    folder = o.work / "fixture"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy(REPOSITORY, folder)
    return folder


def without(*paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def main():
    o = options(dbt=True)
    folder = prepared(o)
    env = os.environ | {"RIHLA_KEY": "5a" * 32}
    ours = lambda *words: [o.rihla, "--project", folder, *words]
    steps = [
        ("first run", lambda: without(folder / "warehouse", folder / "target"), ours("run"), env),
        ("second run", lambda: None, ours("run"), env),
        ("check", lambda: None, ours("check"), env),
        ("--help", lambda: None, [o.rihla, "--help"], env),
        ("--version", lambda: None, [o.rihla, "--version"], env),
        ("releases", lambda: None, ours("releases"), env)]
    if o.dbt:
        project = o.work / "dbt"
        if not project.exists(): subprocess.run([sys.executable, HERE / "dbt_project.py", o.rihla, project], check=True)
        build = [o.dbt, "--quiet", "build", "--project-dir", project, "--profiles-dir", project]
        database = project / "build.duckdb"
        steps += [("dbt build, first parse", lambda: without(database, project / "target"), build, os.environ), ("dbt build", lambda: without(database), build, os.environ)]
    taken = {name: [] for name, *_ in steps}
    for turn in range(o.rounds):
        for name, prepare, command, surroundings in steps:
            prepare()
            wall, peak, cpu, _ = measured(command, surroundings)
            taken[name].append((wall, peak, cpu))
            print(f"{turn + 1}/{o.rounds} {name}: {wall:.3f} s, {cpu:.3f} s of the processor, {peak:.0f} MiB", file=sys.stderr)
    print(f"\n{o.rounds} rounds in turn, {os.cpu_count()} cores\n\n| | wall s (median) | best | worst | processor s (median) | peak MiB (median) |\n|---|---|---|---|---|---|")
    for name, runs in taken.items():
        walls = [run[0] for run in runs]
        print(f"| {name} | {statistics.median(walls):.3f} | {min(walls):.3f} | {max(walls):.3f} | {statistics.median(run[2] for run in runs):.3f} | {statistics.median(run[1] for run in runs):.0f} |")


if __name__ == "__main__": main()
