//! A released table that lies on a server of the web is asked for by ranges: one period, or one country where the table is
//! ordered by it, takes a small part of its bytes. Requests and bytes are counted by the server.

use std::fmt::Write as _;

use crate::python::python;
use crate::support::{Folder, snapshot};

/// Serves the files of a folder by ranges, and lets DuckDB ask them through a file system that reads nothing ahead.
const SCRIPT: &str = r#"
import datetime, functools, http.server, json, os, sys, threading, urllib.request
import duckdb
from fsspec.spec import AbstractFileSystem

asked = []

class Ranges(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self):
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        with open(os.path.join(sys.argv[1], os.path.basename(self.path)), "rb") as file:
            file.seek(first)
            part = file.read(last - first + 1)
        asked.append(len(part))
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
threading.Thread(target=server.serve_forever, daemon=True).start()

class Remote:
    def __init__(self, name, size): self.name, self.size, self.place, self.closed = name, size, 0, False
    def seek(self, place, whence=0):
        self.place = [0, self.place, self.size][whence] + place
        return self.place
    def tell(self): return self.place
    def readable(self): return True
    def seekable(self): return True
    def read(self, count=-1):
        count = min(count if count >= 0 else self.size, self.size - self.place)
        if count == 0: return b""
        request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}/{self.name}", headers={"Range": f"bytes={self.place}-{self.place + count - 1}"})
        part = urllib.request.urlopen(request).read()
        self.place += len(part)
        return part
    def readinto(self, buffer):
        part = self.read(len(buffer))
        buffer[:len(part)] = part
        return len(part)
    def close(self): self.closed = True

class Web(AbstractFileSystem):
    protocol, cachable = "ranges", False
    def _size(self, path): return os.path.getsize(os.path.join(sys.argv[1], os.path.basename(path)))
    def open(self, path, *_, **__): return Remote(os.path.basename(path), self._size(path))
    def info(self, path, **_): return {"name": path, "size": self._size(path), "type": "file"}
    def glob(self, path, **_): return [path]
    def exists(self, path, **_): return True
    def modified(self, path): return datetime.datetime(2023, 1, 1)

told = []
for table, wanted in json.loads(sys.argv[2]):
    asked.clear()
    connection = duckdb.connect(config={"threads": 1})
    connection.register_filesystem(Web())
    rows = len(connection.execute(f"select * from 'ranges://{table}.parquet' where {wanted}").fetchall())
    size = os.path.getsize(os.path.join(sys.argv[1], f"{table}.parquet"))
    told.append({"table": table, "wanted": wanted, "rows": rows, "requests": len(asked), "bytes": sum(asked), "size": size})
print(json.dumps(told))
"#;

/// 228 months of a hundred countries and ten groups.
fn model(order: &str) -> String {
    format!(
        r#"/*
description = "Many rows"
grain = ["period", "country", "part"]
order = [{order}]

[columns]
period = "A month"
country = "A country"
part = "A part"
persons = "Persons"
share_percent = "A share"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[measures.share_percent]
unit = "share"
additivity = "none"
date_basis = "registered_on"
*/
WITH digits AS (
    SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS t (n)
),
-- Numbers that look like chance, so that a column of them takes what one of figures takes.
cells AS (
    SELECT
        p.period,
        'C' || CAST(a.n AS VARCHAR) || CAST(b.n AS VARCHAR) AS country,
        CAST(c.n AS BIGINT) AS part,
        CAST((date_part('year', p.start_on) * 12 + date_part('month', p.start_on)) * 1000 + a.n * 100 + b.n * 10 + c.n AS BIGINT) AS number
    FROM system.periods AS p
    CROSS JOIN digits AS a
    CROSS JOIN digits AS b
    CROSS JOIN digits AS c
    WHERE p.kind = 'month'
)
SELECT
    period,
    country,
    part,
    number % 99991 * 7919 % 99989 % 997 AS persons,
    CAST(number % 99989 * 104729 % 99991 AS DOUBLE) / 1009 AS share_percent
FROM cells
"#
    )
}

#[test]
fn a_filter_takes_a_small_part_of_the_bytes() {
    let folder = Folder::small();
    folder.replace("rihla.toml", "since = 2023-01-01", "since = 2005-01-01");
    folder.write("sql/marts/by_period.sql", model(r#""period", "country", "part""#));
    folder.write("sql/marts/by_land.sql", model(r#""country", "period", "part""#));
    folder.rihla(&["run"]).ok();
    let wanted = [
        ("by_period", "period = '2016-05'"),
        ("by_period", "period = '2016-05' and country = 'C42'"),
        ("by_period", "period between '2016-01' and '2016-12'"),
        ("by_land", "country = 'C42'"),
        ("by_land", "country = 'C42' and period = '2016-05'"),
    ];
    let questions = serde_json::to_string(&wanted).expect("JSON");
    let Some(told) = python(SCRIPT, &["duckdb", "fsspec"], &[folder.path("warehouse/released/latest"), questions.into()]) else { return };
    let mut text = String::new();
    for line in told.as_array().expect("answers") {
        let number = |name: &str| line[name].as_u64().expect("a number");
        assert!(number("bytes") * 10 < number("size"), "a tenth of the bytes and more: {line}");
        let permille = number("bytes") * 1000 / number("size");
        let (table, wanted) = (line["table"].as_str().expect("a table"), line["wanted"].as_str().expect("a condition"));
        let _ = writeln!(text, "{table} where {wanted}: {} rows in {} requests, {permille} of 1000 bytes", number("rows"), number("requests"));
    }
    snapshot("over_ranges", "asked", "DuckDB asks a table of 228,000 rows on a server", &text);
}
