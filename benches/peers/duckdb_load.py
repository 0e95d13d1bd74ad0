"""DuckDB doing the whole job on the extracts of make_extracts.py: read, validate with a reason per bad row, keep the last
correction, normalise, pseudonymise, write Parquet by month, then eight mart tables. usage: duckdb_load.py IN OUT [THREADS]"""
import duckdb, sys, os, time, shutil
src, out = sys.argv[1], sys.argv[2]; shutil.rmtree(out, ignore_errors=True); os.makedirs(out)
c = duckdb.connect(); c.execute(f"set threads={sys.argv[3] if len(sys.argv) > 3 else 2}")
t0 = time.time()
c.execute(f"create table alias as select lower(alias) a, iso3 from read_csv('{src}/country_aliases.csv')")
c.execute(f"""create temp view raw as select *, regexp_extract(filename, 'office=([A-Z]+)', 1) office_code
 from read_csv('{src}/office=*/returns_*.csv', all_varchar=true, header=true, filename=true, hive_partitioning=false)""")
c.execute("""create temp table typed as select r.*, try_strptime(departure_date,'%d/%m/%Y')::date dep, try_strptime(date_of_birth,'%d/%m/%Y')::date dob,
 case when lower(sex) in ('m','masculin','male','h') then 'M' when lower(sex) in ('f','féminin','female') then 'F' end sx, a.iso3, try_cast(voucher_amount_mad as decimal(12,2)) amt
 from raw r left join alias a on lower(r.country_of_origin)=a.a""")
c.execute("""create temp view judged as select *, list_filter([case when dep is null then 'departure_date: not a date' end, case when iso3 is null then 'country_of_origin: unknown' end,
 case when sx is null then 'sex: not in list' end, case when amt is null or amt<0 then 'voucher_amount_mad: below 0' end, case when case_id is null or case_id='' then 'case_id: missing' end,
 case when dob is null or dob>dep then 'date_of_birth: after departure' end], lambda x: x is not null) errs from typed""")
c.execute(f"copy (select filename, record_id, unnest(errs) as reason from judged where len(errs)>0) to '{out}/quarantine.parquet' (format parquet, compression zstd)")
c.execute(f"""copy (select record_id::bigint record_id, sha256('key'||case_id) case_key, office_code, dep departure_date, strftime(dep,'%Y-%m') month_, sx sex, date_diff('year',dob,dep)-(strftime(dob,'%m%d')>strftime(dep,'%m%d'))::int age,
 iso3, string_split(vulnerability_factors,'|') vulnerability, amt, updated_at::timestamptz updated_at from judged where len(errs)=0 qualify row_number() over (partition by record_id order by updated_at desc)=1)
 to '{out}/returns' (format parquet, compression zstd, partition_by (month_))""")
t1 = time.time()
c.execute(f"""create temp table f as select *, case when age<18 then case sex when 'M' then 'boys' else 'girls' end else case sex when 'M' then 'men' else 'women' end end grp,
 year(departure_date)||'-H'||(case when month(departure_date)<=6 then 1 else 2 end) period from read_parquet('{out}/returns/*/*.parquet', hive_partitioning=true)""")
marts = {"by_country": "select period, iso3, grp, count(*) n from f group by all", "by_office": "select period, office_code, grp, count(*) n from f group by all",
 "by_vulnerability": "select period, v, count(*) n from (select period, unnest(vulnerability) v from f) group by all", "vouchers": "select period, office_code, sum(amt) mad, count(*) n from f group by all",
 "by_month": "select date_trunc('month',departure_date) m, iso3, count(*) n from f group by all", "headline": "select period, count(*) as return_count, count(distinct case_key) as persons from f group by all",
 "top": "select period, iso3, n, n/sum(n) over (partition by period) as part_of_total from (select period, iso3, count(*) n from f group by all)",
 "yoy": "select a.period, a.iso3, a.n, b.n as prev_n, (a.n-b.n)/b.n::double as delta from (select period, iso3, count(*) n from f group by all) a left join (select period, iso3, count(*) n from f group by all) b on b.iso3=a.iso3 and b.period=(left(a.period,4)::int-1)||right(a.period,3)"}
for k, q in marts.items(): c.execute(f"copy ({q}) to '{out}/{k}.parquet' (format parquet)")
t2 = time.time()
print({"load_s": round(t1 - t0, 2), "marts_s": round(t2 - t1, 2), "loaded": c.execute("select count(*) from f").fetchone()[0],
  "quarantined": c.execute(f"select count(*) from '{out}/quarantine.parquet'").fetchone()[0],
  "2023-H1": dict(c.execute("select grp, count(*) from f where period='2023-H1' group by all order by 1").fetchall())})
