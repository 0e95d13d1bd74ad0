//! Python, for clients of releases.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What a Python script prints as JSON; nothing where Python or a library is missing, which is told with how to install it,
/// and is a failure where `CI` is set. Python is `RIHLA_TEST_PYTHON`, else `python3`.
pub fn python(script: &str, libraries: &[&str], arguments: &[PathBuf]) -> Option<Value> {
    let python = std::env::var_os("RIHLA_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let imports = format!("import {}", libraries.join(", "));
    if !Command::new(&python).args(["-c", &imports]).output().is_ok_and(|output| output.status.success()) {
        let missing = format!(
            "{} cannot import {}: `pip install duckdb polars pandas pyarrow fsspec frictionless openpyxl dbt-artifacts-parser 'moto[server]'`",
            python.to_string_lossy(),
            libraries.join(", ")
        );
        assert!(std::env::var_os("CI").is_none(), "{missing}, or name another Python in RIHLA_TEST_PYTHON");
        eprintln!("skipped: {missing}");
        return None;
    }
    let output = Command::new(&python).args(["-c", script]).args(arguments).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}
