"""Holds what a run made of made-up extracts against what was put into them, figure by figure.

usage: check.py EXTRACTS WAREHOUSE
EXTRACTS is a folder of make_extracts.py; every table of the release is also made anew from its CSV files by DuckDB, in a
query that shares nothing with the program but the meaning of the tables. Ends with 1 and the differences where one is found.
"""
import json, os, sys
import duckdb

FAULTS = {  # kind of make_extracts.py: the field and rule by which the quarantine names it
    "0": ("departed_on", "date"), "1": ("country_of_origin", "codes"), "2": ("sex", "codes"),
    "3": ("voucher_amount", "minimum"), "4": ("case_number", "required"), "5": (None, "birth-after-event")}

CURRENT = """create temp table current as
with raw as (
    select *, regexp_extract(filename, 'office=([A-Z]+)', 1) office,
        try_strptime(departure_date, '%d/%m/%Y')::date dep, try_strptime(date_of_birth, '%d/%m/%Y')::date dob,
        case when lower(sex) in ('m', 'masculin', 'male', 'h') then 'M' when lower(sex) in ('f', 'féminin', 'female') then 'F' end sx,
        try_cast(voucher_amount_mad as decimal(12, 2)) amount
    from read_csv('{extracts}/office=*/returns_*.csv', all_varchar=true, header=true, filename=true, hive_partitioning=false)),
good as (
    select r.*, a.iso3 from raw r join (select distinct lower(alias) alias, iso3 from read_csv('{extracts}/country_aliases.csv')) a on a.alias = lower(country_of_origin)
    where dep is not null and sx is not null and amount >= 0 and case_id <> '' and dob <= dep)
select *, date_trunc('month', dep)::date as "month", year(dep) || case when month(dep) <= 6 then '-H1' else '-H2' end period,
    case when date_diff('year', dob, dep) - (strftime(dob, '%m%d') > strftime(dep, '%m%d'))::int < 18
        then case sx when 'M' then 'boys' else 'girls' end else case sx when 'M' then 'men' else 'women' end end grp
from good qualify row_number() over (partition by record_id order by updated_at desc) = 1"""

TABLES = {  # table: its rows by the program's names, made from the current rows
    "by_country": "select period, iso3 country_of_origin, grp sadd_group, count(*) returns from current group by all",
    "by_office": "select period, office, grp sadd_group, count(*) returns from current group by all",
    "by_vulnerability": "select period, v vulnerability, count(*) returns from (select period, unnest(string_split(vulnerability_factors, '|')) v from current) group by all",
    "vouchers": "select period, office, 'MAD' currency, sum(amount) amount, count(*) returns from current group by all",
    "by_month": "select \"month\", iso3 country_of_origin, count(*) returns from current group by all",
    "headline": "select period, count(*) returns, count(distinct case_id) persons from current group by all",
    "top": "select period, iso3 country_of_origin, count(*) returns, 100.0 * count(*) / sum(count(*)) over (partition by period) share_percent from current group by period, iso3",
    "yoy": """with n as (select period, iso3, count(*) n from current group by all)
        select a.period, a.iso3 country_of_origin, a.n returns, b.n returns_year_before, 100.0 * (a.n - b.n) / b.n change_percent
        from n a left join n b on b.iso3 = a.iso3 and b.period = (left(a.period, 4)::int - 1) || right(a.period, 3)"""}

ROUNDED = {"share_percent", "change_percent"}  # fractions: ten digits count


def files(table):
    """The Parquet files that a Delta table's log names."""
    there = set()
    log = f"{table}/_delta_log"
    for name in sorted(name for name in os.listdir(log) if name.endswith(".json")):
        for line in open(f"{log}/{name}"):
            action = json.loads(line)
            if "add" in action: there.add(action["add"]["path"])
            if "remove" in action: there.discard(action["remove"]["path"])
    return [f"{table}/{path}" for path in sorted(there)]


def main(extracts, warehouse):
    told = []
    def hold(what, is_, should):
        if is_ != should: told.append(f"{what}: {is_!r} where {should!r} was put in")
    truth = json.load(open(f"{extracts}/truth.json"))
    c = duckdb.connect(); c.execute("set TimeZone='UTC'")
    submissions = c.execute("select rows_read, rows_loaded, rows_superseded, rows_quarantined, rows_excluded, rows_refused, outcome from read_parquet(?)", [files(f"{warehouse}/submissions")]).fetchall()
    sums = [sum(row[i] for row in submissions) for i in range(6)]
    hold("outcomes of deliveries", {row[6] for row in submissions}, {"loaded"})
    hold("rows read", sums[0], truth["rows"])
    hold("rows quarantined", sums[3], sum(truth["bad"].values()))
    hold("rows conserved", sums[0], sum(sums[1:]))
    hold("rows excluded and refused", sums[4:], [0, 0])
    reasons = dict(((field, rule), n) for field, rule, n in c.execute(
        "select field, rule, count(*) from read_parquet(?) where outcome = 'quarantined' group by all", [files(f"{warehouse}/quarantine")]).fetchall())
    hold("reasons in quarantine", reasons, {FAULTS[kind]: n for kind, n in truth["bad"].items()})
    released = f"{warehouse}/released/latest"
    one = lambda sql: dict(c.execute(sql).fetchall())
    hold("returns", one(f"select 1, sum(returns)::bigint from '{released}/by_month.parquet'")[1], truth["loaded"])
    hold("2023-H1 by country", one(f"select country_of_origin, sum(returns)::bigint from '{released}/by_country.parquet' where period = '2023-H1' group by all"), truth["by_country_2023_H1"])
    hold("2023-H1 by group", one(f"select sadd_group, sum(returns)::bigint from '{released}/by_country.parquet' where period = '2023-H1' group by all"), truth["by_group_2023_H1"])
    c.execute(CURRENT.format(extracts=extracts))
    for table, query in TABLES.items():
        columns = [row[0] for row in c.execute(f"describe select * from '{released}/{table}.parquet'").fetchall()]
        shown = ", ".join(f'round("{name}", 10) "{name}"' if name in ROUNDED else f'"{name}"::varchar "{name}"' for name in columns)
        is_, should = f"select {shown} from '{released}/{table}.parquet'", f"select {shown} from ({query})"
        hold(f"columns of {table}", columns, [row[0] for row in c.execute(f"describe {query}").fetchall()])
        for what, left, right in (("is not so", is_, should), ("is missing", should, is_)):
            rows = c.execute(f"({left}) except all ({right}) order by all limit 3").fetchall()
            if rows: told.append(f"{table}: {what}: {rows}")
    print(f"{len(TABLES)} tables, {truth['rows']} rows, {sum(truth['bad'].values())} reasons: " + ("all as they were put in" if not told else "not as they were put in"))
    for line in told: print(" ", line)
    return bool(told)


sys.exit(main(sys.argv[1], sys.argv[2]))
