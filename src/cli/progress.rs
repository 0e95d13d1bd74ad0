//! Progress of long work, on a terminal only.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::Progress;

/// A bar on standard error.
pub struct Bar(Mutex<ProgressBar>);

impl Bar {
    /// A bar, drawn only where standard error is a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        bar.set_draw_target(target);
        if let Ok(style) = ProgressStyle::with_template("{prefix:>10} {bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Self(Mutex::new(bar))
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.with(ProgressBar::finish_and_clear);
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        act(&self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn begin(&self, step: &str, total: u64) {
        self.with(|bar| {
            bar.set_length(total);
            bar.set_position(0);
            bar.set_prefix(step.to_owned());
        });
    }

    fn advance(&self, thing: &str) {
        self.with(|bar| {
            bar.inc(1);
            bar.set_message(thing.to_owned());
        });
    }
}
