"""A dbt project (dbt-duckdb) of this repository's models and tests, so that `dbt build` can be measured beside `rihla run`.

usage: dbt_project.py RIHLA OUT [PROJECT]
RIHLA is the program, OUT a new folder, PROJECT the project (this repository where absent). What the models read (feeds with
their current rows, code lists, references, system tables) is exported as Parquet by a run of a copy of the project that has
a model for each; the copy's warehouse is removed afterwards. A table is a dbt model, materialised as a table; a test is a
singular test that counts the rows that fail, by the same condition. Tests against the last release are left out: a first
run has none. What SQL says otherwise in DuckDB stands in REWRITES; what was left out is printed.
"""
import json, pathlib, re, shutil, subprocess, sys, tomllib

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
INPUT = re.compile(r"\b(feeds|codes|ref|system)\.(\w+)\b")
REWRITES = []
LEFT_OUT = []


def models(project):
    """Name, whether it is released, header, and the SELECT."""
    for path in sorted(project.glob("sql/*/*.sql")):
        header, select = re.fullmatch(r"\s*/\*(.*?)\*/(.*)", path.read_text(), re.S).groups()
        yield path.stem, path.parent.name == "marts", tomllib.loads(header), select.strip()


def copy(project, to):
    for name in ("rihla.toml", "labels.csv"): shutil.copy(project / name, to / name)
    for name in ("pipelines", "schemas", "sql", "fixtures"): shutil.copytree(project / name, to / name)


def export(rihla, project, out):
    """Parquet of every table that models read and do not make."""
    work = out / "exporting"
    work.mkdir()
    copy(project, work)
    wanted = {found for _, _, _, select in models(project) for found in INPUT.findall(select)}
    wanted = sorted(wanted | {("codes", test["accepted_codes"]["codes"]) for _, _, header, _ in models(project) for test in header.get("tests", []) if "accepted_codes" in test})
    exporting(work, wanted, {})
    env = {"RIHLA_KEY": "5a" * 32, "HOME": str(work), "PATH": "/usr/bin:/bin"}
    rihla_on = lambda command: subprocess.run([rihla, "--project", work, command], env=env, capture_output=True, text=True)
    # The columns that the program asks to be documented are all that there are.
    asked = re.findall(r"the column `(\w+)` is not documented\n -*> sql/staging/exported_(\w+)\.sql", rihla_on("check").stderr)
    columns = {}
    for column, table in asked: columns.setdefault(table, []).append(column)
    exporting(work, wanted, columns)
    run = rihla_on("run")
    if not (work / "warehouse" / "staging").is_dir(): sys.exit(run.stdout + run.stderr)
    (out / "inputs").mkdir()
    for schema, name in wanted:
        (file,) = (work / "warehouse" / "staging" / f"exported_{schema}_{name}").glob("*.parquet")
        shutil.copy(file, out / "inputs" / f"{schema}_{name}.parquet")
    shutil.rmtree(work)
    return wanted


def exporting(work, wanted, columns):
    """A model for each table, with what is known of its columns."""
    for schema, name in wanted:
        known = columns.get(f"{schema}_{name}", [])
        header = f'description = "Exported"\ngrain = [{", ".join(json.dumps(column) for column in known)}]\nkept_for = "another tool"\n\n[columns]\n'
        header += "".join(f'{column} = "As it is"\n' for column in known)
        (work / "sql" / "staging" / f"exported_{schema}_{name}.sql").write_text(f"/*\n{header}*/\nSELECT * FROM {schema}.{name}\n")


def translated(select, names):
    select = INPUT.sub(lambda found: "{{ source('%s', '%s') }}" % found.groups(), select)
    for pattern, by in REWRITES: select = re.sub(pattern, by, select)
    known = "|".join(sorted(names, key=len, reverse=True))
    return re.sub(rf"\b(FROM|JOIN)\s+({known})\b", lambda found: "%s {{ ref('%s') }}" % found.groups(), select)


def literal(value):
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def failing(name, test):
    """A query for the rows of a table that fail a test; nothing where there is none to make."""
    table, where = "{{ ref('%s') }}" % name, f"({test.get('where', 'true')})"
    if "not_null" in test: return f"select * from {table} where {where} and ({' or '.join(f'{column} is null' for column in test['not_null'])})"
    if "unique" in test:
        columns = ", ".join(test["unique"])
        return f"select {columns} from {table} where {where} group by {columns} having count(*) > 1"
    if "accepted" in test:
        values = ", ".join(literal(value) for value in test["accepted"]["values"])
        return f"select * from {table} where {where} and {test['accepted']['column']} not in ({values})"
    if "accepted_codes" in test:
        column, codes = test["accepted_codes"]["column"], "{{ source('codes', '%s') }}" % test["accepted_codes"]["codes"]
        return f"select * from {table} where {where} and {column} not in (select code from {codes})"
    if "relationships" in test:
        rule = test["relationships"]
        return f"select * from {table} where {where} and {rule['column']} not in (select {rule.get('to', rule['column'])} from {{{{ ref('{rule['table']}') }}}})"
    if "expression" in test: return f"select * from {table} where {where} and not ({test['expression']})"
    if "row_count" in test:
        bounds = [f"count(*) {sign} {test['row_count'][bound]}" for bound, sign in (("min", "<"), ("max", ">")) if bound in test["row_count"]]
        return f"select count(*) from {table} where {where} having {' or '.join(bounds)}"
    if "sum_equals" in test:
        rule = test["sum_equals"]
        by = "".join(f"{column}, " for column in rule.get("by", []))
        group = f" group by {by.rstrip(', ')}" if by else ""
        other = INPUT.sub(lambda found: "{{ source('%s', '%s') }}" % found.groups(), rule["table"]) if "." in rule["table"] else "{{ ref('%s') }}" % rule["table"]
        left = f"select {by}sum({rule['column']}) as s from {table} where {where}{group}"
        right = f"select {by}sum({rule.get('to', rule['column'])}) as s from {other} where ({rule.get('table_where', 'true')}){group}"
        return f"(({left}) except ({right})) union all (({right}) except ({left}))"
    return None


def main(rihla, out, project):
    out.mkdir(parents=True)
    inputs = export(rihla, project, out)
    all_ = list(models(project))
    names = [name for name, *_ in all_]
    for folder in ("models/staging", "models/marts", "tests"): (out / folder).mkdir(parents=True)
    tests = 0
    for name, is_mart, header, select in all_:
        (out / "models" / ("marts" if is_mart else "staging") / f"{name}.sql").write_text(translated(select, names) + "\n")
        for place, test in enumerate(header.get("tests", []), 1):
            query = failing(name, test)
            if query is None:
                LEFT_OUT.append(f"{name}: {', '.join(sorted(set(test) - {'where', 'severity', 'description', 'threshold'}))}")
                continue
            severity = "{{ config(severity='warn') }}\n" if test.get("severity") == "warn" else ""
            (out / "tests" / f"{name}_{place}.sql").write_text(severity + query + "\n")
            tests += 1
    schemas = {}
    for schema, name in inputs: schemas.setdefault(schema, []).append({"name": name})
    sources = [{"name": schema, "config": {"external_location": str(out.resolve() / "inputs" / f"{schema}_{{name}}.parquet")}, "tables": tables} for schema, tables in schemas.items()]
    (out / "models" / "sources.yml").write_text(json.dumps({"version": 2, "sources": sources}, indent=1))
    (out / "dbt_project.yml").write_text(json.dumps({"name": "side_by_side", "version": "1.0.0", "profile": "side_by_side", "models": {"+materialized": "table"}, "flags": {"send_anonymous_usage_stats": False}}))
    (out / "profiles.yml").write_text(json.dumps({"side_by_side": {"target": "d", "outputs": {"d": {"type": "duckdb", "path": str(out.resolve() / "build.duckdb"), "threads": 2}}}}))
    print(f"{len(all_)} models, {tests} tests, {len(inputs)} inputs; left out: {'; '.join(LEFT_OUT) or 'nothing'}")


if __name__ == "__main__": main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else REPOSITORY)
