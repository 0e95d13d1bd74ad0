//! Prometheus's own judge of metrics and rules.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What promtool says, and whether it is content; nothing where it is missing, which is told with how to install it, and is a
/// failure where `CI` is set. It is `RIHLA_TEST_PROMTOOL`, else `promtool`.
pub fn promtool(arguments: &[&str], folder: &Path, input: &str) -> Option<(bool, String)> {
    let promtool = std::env::var_os("RIHLA_TEST_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let mut command = Command::new(&promtool);
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let missing = "there is no promtool: `apt-get install prometheus`, or name one in RIHLA_TEST_PROMTOOL";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return None;
    };
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some((output.status.success(), said))
}
