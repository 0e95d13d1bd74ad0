"""The whole job side by side with DuckDB and Polars: whole processes in turn on one machine, results held against the truth.

usage: side_by_side.py [--rows N] [--rounds N] [--offices N --months N] [--work FOLDER] [--rihla PROGRAM] [--only NAME,...]
       side_by_side.py --many    5,000 files of a hundred rows: first run, second run, one changed file; the same rows in 144 files

The Python that runs this has duckdb, polars, numpy and pyarrow. Extracts are made once and kept in FOLDER; a run's output is
removed before the next. Prints Markdown: medians of wall time and of the most memory, and ratios to the first line.
"""
import argparse, copy, os, pathlib, re, shutil, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
BYTES_PER_ROW = 160  # of an extract
NEEDED = 3  # times the extracts' size that must be free beside them


def options(rows=2_890_000, dbt=False):
    p = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rows", type=int, default=rows)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--offices", type=int)
    p.add_argument("--months", type=int)
    p.add_argument("--many", action="store_true")
    p.add_argument("--work", type=pathlib.Path, default=HERE.parent / "target" / "side_by_side")
    p.add_argument("--rihla", type=pathlib.Path, default=HERE.parent / "target" / "release" / "rihla")
    p.add_argument("--only", default="rihla,duckdb,polars")
    if dbt: p.add_argument("--dbt", type=pathlib.Path)
    o = p.parse_args()
    if o.many: o.rows, o.offices, o.months = 500_000, 50, 100
    return o


def extracts(o):
    shape = [str(o.offices), str(o.months)] if o.offices else []
    folder = o.work / "-".join(["extracts", str(o.rows), *shape])
    if not (folder / "truth.json").exists():
        o.work.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(o.work).free
        if free < o.rows * BYTES_PER_ROW * (1 + NEEDED): sys.exit(f"{free >> 20} MiB are free, too few for {o.rows} rows")
        subprocess.run([sys.executable, HERE / "peers" / "make_extracts.py", folder, str(o.rows), "20230630", *shape], check=True)
    return folder


def project(o, source):
    """The project's folder in the work folder, with the offices and months that the extracts have."""
    folder = o.work / f"project-{source.name}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "side_by_side", folder, ignore=shutil.ignore_patterns("warehouse"))
    if not o.offices: return folder
    codes = sorted(path.name.removeprefix("office=") for path in source.glob("office=*"))
    first = min(path.stem.removeprefix("returns_") for path in source.glob("office=*/*.csv"))
    text = (folder / "rihla.toml").read_text()
    head, office = text.split("[[offices]]")[:2]
    head = head.replace('"2022-01"', f'"{first}"').replace("2022-01-01", f"{first}-01")
    offices = ["[[offices]]" + office.replace('"RAB"', f'"{code}"').replace('"Rabat"', f'"{code}"') for code in codes]
    (folder / "rihla.toml").write_text(head + "".join(offices))
    pipeline = folder / "pipelines" / "returns.toml"
    pipeline.write_text(re.sub(r"offices = \[.*\]", "offices = [" + ", ".join(f'"{code}"' for code in codes) + "]", pipeline.read_text()))
    return folder


def measured(command, env, may_fail=False):
    """Wall time in seconds, the most memory in MiB, the processor's time in seconds, and what was printed."""
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    if status and not may_fail: sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}:\n{said}")
    return wall, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, said


def check(source, warehouse):
    told = subprocess.run([sys.executable, HERE / "check.py", source, warehouse], capture_output=True, text=True)
    print(told.stdout.strip(), file=sys.stderr)
    if told.returncode: sys.exit(told.stderr or "the results are not those that were put in")


def jobs(o, source):
    folder = project(o, source)
    env = os.environ | {"EXTRACTS": str(source), "RIHLA_KEY_FILE": str(o.work / "key")}
    (o.work / "key").write_text("5a" * 32)
    peer = lambda name: ([sys.executable, HERE / "peers" / f"{name}_load.py", source, o.work / f"out-{name}"], o.work / f"out-{name}", os.environ)
    all_ = {"rihla": ([o.rihla, "--project", folder, "run"], folder / "warehouse", env), "duckdb": peer("duckdb"), "polars": peer("polars")}
    return {name: all_[name] for name in o.only.split(",")}


def side_by_side(o):
    source = extracts(o)
    todo = jobs(o, source)
    taken = {name: [] for name in todo}
    for turn in range(o.rounds):
        for name, (command, output, env) in todo.items():
            shutil.rmtree(output, ignore_errors=True)
            wall, peak, cpu, said = measured(command, env)
            taken[name].append((wall, peak, cpu))
            print(f"{turn + 1}/{o.rounds} {name}: {wall:.2f} s, {peak:.0f} MiB", file=sys.stderr)
            if name == "rihla" and turn in (0, o.rounds - 1): check(source, output)
            elif name != "rihla" and turn == 0: print(said.strip(), file=sys.stderr)
    size = sum(path.stat().st_size for path in source.glob("office=*/*.csv")) / 1e6
    print(f"\n{o.rows} rows asked for, {size:.0f} MB in {len(list(source.glob('office=*/*.csv')))} files, {o.rounds} rounds in turn, {os.cpu_count()} cores\n")
    print("| | wall s (median) | best | worst | processor s (median) | peak MiB (median) | wall against the first | memory against the first |\n|---|---|---|---|---|---|---|---|")
    first = next(iter(taken.values()))
    median = lambda runs, place: statistics.median(run[place] for run in runs)
    for name, runs in taken.items():
        walls = [run[0] for run in runs]
        print(f"| {name} | {median(runs, 0):.2f} | {min(walls):.2f} | {max(walls):.2f} | {median(runs, 2):.2f} | {median(runs, 1):.0f} | "
              f"{median(runs, 0) / median(first, 0):.2f} | {median(runs, 1) / median(first, 1):.2f} |")


def many(o):
    """A first run over many small files, a second one, and one after a file among them changed; in turn with them as many rows in files as large jobs have them."""
    source = extracts(o)
    command, warehouse, env = jobs(o, source)["rihla"]
    few = copy.copy(o)
    few.offices = few.months = None
    few_source = extracts(few)
    few_command, few_warehouse, few_env = jobs(few, few_source)["rihla"]
    few_files = len(list(few_source.glob("office=*/*.csv")))
    few_step = f"as many rows in {few_files} files"
    steps = {few_step: [], "first run": [], "second run": [], "one changed file": []}
    files = sorted(source.glob("office=*/*.csv"))
    changed = files[len(files) // 2]
    whole = changed.read_bytes()
    for turn in range(o.rounds):
        shutil.rmtree(few_warehouse, ignore_errors=True)
        steps[few_step].append(measured(few_command, few_env))
        shutil.rmtree(warehouse, ignore_errors=True)
        steps["first run"].append(measured(command, env))
        if turn == 0: check(source, warehouse)
        steps["second run"].append(measured(command, env))
        try:
            changed.write_bytes(whole.replace(b"T10:00:00Z", b"T11:00:00Z", 1))
            steps["one changed file"].append(measured(command, env))
        finally:
            changed.write_bytes(whole)
    print(f"\n{len(files)} files of {o.rows // len(files)} rows, {o.rounds} rounds, {os.cpu_count()} cores\n\n| | wall s (median) | processor s (median) | peak MiB (median) |\n|---|---|---|---|")
    median = lambda runs, place: statistics.median(run[place] for run in runs)
    for step, runs in steps.items(): print(f"| {step} | {median(runs, 0):.3f} | {median(runs, 2):.3f} | {median(runs, 1):.0f} |")


if __name__ == "__main__":
    asked = options()
    many(asked) if asked.many else side_by_side(asked)
