//! What is answered to who asks whether a scheduler lives and whether it is ready.

use std::time::Duration;

use serde_json::{Value, json};

use crate::schedule::vitals::{Fares, Part};

/// A scheduler whose loop stood still for so long is dead to who asks.
const STANDSTILL: Duration = Duration::from_secs(60);

/// A project of hundreds of models on a slow disk takes so long to be checked before the loop begins.
const SLOW_START: Duration = Duration::from_secs(600);

/// An answer: whether all is well, and what there is to say.
pub struct Answer {
    /// 200 or 503.
    pub is_well: bool,
    /// An object.
    pub body: Value,
}

/// True while the scheduler's loop goes round, or may yet begin to.
pub fn lives(fares: &Fares) -> bool {
    lives_after(&fares.part, fares.since_step())
}

fn lives_after(part: &Part, silence: Duration) -> bool {
    silence < if *part == Part::Starting { SLOW_START } else { STANDSTILL }
}

/// Whether its loop goes round.
pub fn health(fares: &Fares) -> Answer {
    let (is_well, since) = (lives(fares), fares.since_step());
    let status = if is_well { "ok" } else { "stands still" };
    Answer { is_well, body: json!({ "status": status, "part": part(&fares.part), "last_step_seconds": since.as_secs_f64() }) }
}

/// Whether it schedules and the project is in order; every reason where not.
pub fn ready(fares: &Fares) -> Answer {
    let mut reasons = Vec::new();
    match &fares.part {
        Part::Starting => reasons.push(json!({ "reason": "starting", "message": "the project is looked at for the first time" })),
        Part::Waiting { holder } => {
            let message = format!("another scheduler is at work ({holder}): this one waits to take over");
            reasons.push(json!({ "reason": "waiting", "holder": holder, "message": message }));
        }
        Part::Draining { .. } => {
            reasons.push(json!({ "reason": "draining", "message": "it was asked to stop: nothing more is started, and what runs may end" }))
        }
        Part::Leading { .. } => {}
    }
    if !lives(fares) {
        reasons.push(json!({ "reason": "standstill", "message": format!("its last step was {} s ago", fares.since_step().as_secs()) }));
    }
    if let Some(refused) = &fares.refused {
        reasons.push(json!({ "reason": "project-refused", "message": format!("the changed project is refused; what was scheduled stays so: {refused}") }));
    }
    if let Some(hindered) = &fares.hindered {
        reasons.push(json!({ "reason": "hindered", "message": hindered }));
    }
    let is_well = reasons.is_empty();
    Answer { is_well, body: json!({ "ready": is_well, "part": part(&fares.part), "term": fares.part.term(), "reasons": reasons }) }
}

fn part(part: &Part) -> &'static str {
    match part {
        Part::Starting => "starting",
        Part::Waiting { .. } => "waiting",
        Part::Leading { .. } => "leading",
        Part::Draining { .. } => "draining",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::ledger::Token;
    use crate::schedule::vitals::Vitals;

    #[test]
    fn one_that_stands_still_is_dead_and_one_that_begins_may_take_its_time() {
        let seconds = Duration::from_secs;
        let leading = Part::Leading { term: Token(1) };
        assert_eq!([0, 59, 60].map(|silence| lives_after(&leading, seconds(silence))), [true, true, false]);
        assert_eq!([60, 599, 600].map(|silence| lives_after(&Part::Starting, seconds(silence))), [true, true, false]);
    }

    fn reasons(vitals: &Vitals) -> Vec<String> {
        let answer = ready(&vitals.fares());
        let reasons = answer.body["reasons"].as_array().expect("reasons");
        assert_eq!(answer.is_well, reasons.is_empty());
        reasons.iter().map(|reason| reason["reason"].as_str().expect("a word").to_owned()).collect()
    }

    #[test]
    fn only_who_schedules_a_project_in_order_is_ready() {
        let vitals = Vitals::default();
        assert_eq!(reasons(&vitals), ["starting"]);
        vitals.goes_round(Part::Waiting { holder: "process 7".to_owned() });
        assert_eq!(reasons(&vitals), ["waiting"]);
        vitals.goes_round(Part::Leading { term: Token(3) });
        assert_eq!(reasons(&vitals), [""; 0]);
        vitals.looked(Some("the project has 1 fault".to_owned()));
        vitals.stepped(Some("the disk is full".to_owned()));
        assert_eq!(reasons(&vitals), ["project-refused", "hindered"]);
        vitals.looked(None);
        vitals.stepped(None);
        vitals.goes_round(Part::Draining { term: Token(3) });
        assert_eq!(reasons(&vitals), ["draining"]);
        assert!(health(&vitals.fares()).is_well);
    }
}
