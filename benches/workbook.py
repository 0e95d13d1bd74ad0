"""A workbook of 100,000 rows and 14 columns validated: rihla beside frictionless-py, which reads with openpyxl.

usage: workbook.py [--rows N] [--rounds N] [--work FOLDER] [--rihla PROGRAM]
The Python that runs this has frictionless[excel], openpyxl, polars and numpy. The workbook is made once and kept. Both hold
every cell against the same types and constraints, and must find as many rows at fault. Prints Markdown.
"""
import csv, datetime, json, os, shutil, statistics, subprocess, sys

from side_by_side import HERE, measured, options

PEER = """import json, sys
from frictionless import Checklist, Detector, Dialect, Resource, Schema, system
from frictionless.formats import ExcelControl
with system.use_context(trusted=True):
    report = Resource(path=sys.argv[1], schema=Schema.from_descriptor(sys.argv[2]), detector=Detector(schema_sync=False)).validate(limit_errors=10**9)
task = report.tasks[0]
print(json.dumps({"rows": task.stats["rows"], "faulty": len({row[0] for row in report.task.flatten(["rowNumber"])})}))
"""


def workbook(o):
    """The rows of an extract of one office and month, dates as dates and amounts as numbers; where they are none they stay text."""
    import openpyxl
    path = o.work / f"returns-{o.rows}.xlsx"
    if path.exists(): return path
    folder = o.work / f"workbook-{o.rows}"
    subprocess.run([sys.executable, HERE / "peers" / "make_extracts.py", folder, str(o.rows), "20230630", "1", "1"], check=True, stdout=subprocess.DEVNULL)
    def value(name, text):
        try:
            if name in ("departure_date", "date_of_birth"): return datetime.datetime.strptime(text, "%d/%m/%Y").date()
            if name == "voucher_amount_mad": return int(text)
        except ValueError: pass
        return text or None
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Returns")
    with open(next(folder.glob("office=*/*.csv")), newline="") as file:
        reader = csv.DictReader(file)
        sheet.append(reader.fieldnames)
        for row in reader: sheet.append([value(name, text) for name, text in row.items()])
    book.save(path)
    return path


def schema(o):
    """What the project's schema says, in words that frictionless knows: spellings of codes are enumerated."""
    spellings = lambda name: [text for row in csv.DictReader(open(HERE / "side_by_side" / "schemas" / "codes" / f"{name}.csv"))
                              for text in [row["code"], row["label_en"], row["label_fr"], *row["aliases"].split("|")] if text]
    both = lambda texts: sorted({form for text in texts for form in (text, text.lower(), text.upper())})
    countries = [row["alias"] for row in csv.DictReader(open(o.work / f"workbook-{o.rows}" / "country_aliases.csv"))]
    required = {"required": True}
    fields = [{"name": "record_id", "type": "any", "constraints": required}, {"name": "case_id", "type": "string", "constraints": required},
        {"name": "departure_date", "type": "date", "constraints": required}, {"name": "first_name", "type": "string"}, {"name": "last_name", "type": "string"},
        {"name": "passport_no", "type": "string"}, {"name": "date_of_birth", "type": "date", "constraints": required | {"maximum": "2024-01-01"}},
        {"name": "sex", "type": "string", "constraints": required | {"enum": both(spellings("sex"))}},
        {"name": "country_of_origin", "type": "string", "constraints": required | {"enum": sorted({*both(spellings("country")), *countries})}},
        {"name": "vulnerability_factors", "type": "string"}, {"name": "voucher_amount_mad", "type": "number", "constraints": required | {"minimum": 0}},
        {"name": "phone", "type": "string"}, {"name": "remarks", "type": "string"}, {"name": "updated_at", "type": "datetime", "format": "%Y-%m-%dT%H:%M:%SZ", "constraints": required}]
    path = o.work / "workbook.schema.json"
    path.write_text(json.dumps({"fields": fields}, ensure_ascii=False))
    return path


def project(o):
    folder = o.work / "workbook-project"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "side_by_side", folder, ignore=shutil.ignore_patterns("warehouse"))
    pipeline = folder / "pipelines" / "returns.toml"
    text = pipeline.read_text().replace(".csv\"", ".xlsx\"").replace('csv = { delimiter = ",", encoding = "utf-8" }', "workbook = { header_row = 1 }")
    pipeline.write_text("\n".join(line for line in text.splitlines() if not line.startswith("dates")) + "\n")
    return folder


def main():
    o = options(100_000)
    o.work.mkdir(parents=True, exist_ok=True)
    book = workbook(o)
    env = os.environ | {"EXTRACTS": str(o.work)}
    ours = [o.rihla, "--project", project(o), "validate", book, "--feed", "returns", "--office", "RAB", "--period", "2023-12", "--json"]
    peer = [sys.executable, "-c", PEER, book, schema(o)]
    taken = {"rihla validate": [], "frictionless-py": []}
    for turn in range(o.rounds):
        for name, command in zip(taken, (ours, peer)):
            wall, peak, cpu, said = measured(command, env, may_fail=True)
            taken[name].append((wall, peak, cpu))
            told = json.loads(said)
            found = told if name == "frictionless-py" else {"rows": told["rows"]["read"], "faulty": told["rows"]["quarantined"]}
            print(f"{turn + 1}/{o.rounds} {name}: {wall:.2f} s, {peak:.0f} MiB, {found}", file=sys.stderr)
    print(f"\n{book.stat().st_size / 1e6:.1f} MB, {o.rows} rows asked for, {o.rounds} rounds in turn\n\n| | wall s (median) | processor s (median) | peak MiB (median) | wall against the first |\n|---|---|---|---|---|")
    first = statistics.median(run[0] for run in taken["rihla validate"])
    for name, runs in taken.items():
        wall = statistics.median(run[0] for run in runs)
        print(f"| {name} | {wall:.2f} | {statistics.median(run[2] for run in runs):.2f} | {statistics.median(run[1] for run in runs):.0f} | {wall / first:.1f} |")


if __name__ == "__main__": main()
