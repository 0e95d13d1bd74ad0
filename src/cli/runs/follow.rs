//! `rihla runs --follow`

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use super::{as_json, due, told, utc};
use crate::cli::{Terminal, closed, print_json};
use crate::clock::SharedClock;
use crate::error::Result;
use crate::project::Project;
use crate::schedule::ledger::Ledger;
use crate::schedule::tick::{Tick, TickId};

/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What was due longer ago, and is not shown as open at the start, is not followed.
const RECENT: TimeDelta = TimeDelta::days(2);

/// Shows what is open, then every step of every tick, until it is interrupted or nobody reads any more.
pub async fn follow(project: &Project, ledger: &dyn Ledger, clock: &SharedClock, is_asked: impl Fn(&Tick) -> bool, terminal: &mut Terminal<'_>) -> Result<u8> {
    let mut seen: Option<BTreeMap<TickId, u32>> = None;
    loop {
        let mut ticks = ledger.load().await?.ticks;
        let now = clock.now();
        let recent = ledger.ticks(now - RECENT, now + TimeDelta::seconds(1)).await?;
        ticks.extend(recent.into_iter().map(|tick| (tick.id.clone(), tick)));
        ticks.retain(|_, tick| is_asked(tick));
        let is_news = |tick: &&Tick| seen.as_ref().map_or(!tick.state.is_end(), |seen| seen.get(&tick.id) != Some(&tick.step));
        for tick in ticks.values().filter(is_news) {
            print(project, tick, terminal)?;
        }
        terminal.out.flush().map_err(closed)?;
        seen = Some(ticks.into_iter().map(|(id, tick)| (id, tick.step)).collect());
        tokio::time::sleep(LOOK).await;
    }
}

fn print(project: &Project, tick: &Tick, terminal: &mut Terminal<'_>) -> Result<()> {
    if terminal.json {
        return print_json(terminal, &as_json(tick));
    }
    let (became, at) = told(&tick.state);
    let at = at.map(|at| format!(" {}", utc(at))).unwrap_or_default();
    writeln!(terminal.out, "{}, due {}: {became}{at}", tick.id.pipeline, due(project, &tick.id)).map_err(closed)
}
