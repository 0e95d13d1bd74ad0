//! A measure in two periods, by the rules of comparison in `domain.md`.

use super::number::Number;

/// A base under this makes percentages jump; they are flagged.
pub const SMALL_BASE: f64 = 20.0;

/// What is known about a figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its period is not closed; where no period is, not every report of it has come.
    pub provisional: bool,
    /// An earlier release that had every report of the period said something else.
    pub restated: bool,
}

/// A measure in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// In the current period.
    pub current: Option<Number>,
    /// In the prior one.
    pub prior: Option<Number>,
    /// Current less prior; for shares in percentage points.
    pub change: Option<Number>,
    /// The change in percent of the prior; nothing for shares and where the prior is zero.
    pub percent: Option<f64>,
    /// True where the prior is under 20, so that the percentage says little.
    pub small_base: bool,
}

/// True for units that change in percentage points.
pub fn is_share(unit: &str) -> bool {
    matches!(unit, "percent" | "share")
}

/// A measure of a unit in both periods, by the rules.
pub fn figure(unit: &str, current: Option<Number>, prior: Option<Number>) -> Figure {
    let change = current.zip(prior).and_then(|(current, prior)| current.minus(prior));
    let base = prior.filter(|prior| !prior.is_zero() && !is_share(unit)).map(Number::as_f64);
    Figure {
        current,
        prior,
        change,
        percent: change.zip(base).map(|(change, base)| change.as_f64() / base * 100.0),
        small_base: base.is_some_and(|base| base.abs() < SMALL_BASE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(units: i128) -> Option<Number> {
        Some(Number::Exact { units, scale: 0 })
    }

    #[test]
    fn no_percentage_of_nothing() {
        let figure = figure("person", count(5), count(0));
        assert_eq!((figure.change, figure.percent, figure.small_base), (count(5), None, false));
        let absent = super::figure("person", count(5), None);
        assert_eq!((absent.change, absent.percent, absent.small_base), (None, None, false), "nothing is known of what is absent");
    }

    #[test]
    fn shares_change_in_points() {
        let figure = figure("percent", Some(Number::Float(91.0)), Some(Number::Float(88.5)));
        assert_eq!((figure.change, figure.percent), (Some(Number::Float(2.5)), None));
    }

    #[test]
    fn small_bases_are_flagged() {
        assert!(figure("person", count(30), count(19)).small_base);
        assert!(!figure("person", count(30), count(20)).small_base);
    }

    #[test]
    fn money_changes_to_the_cent() {
        let cents = |units| Some(Number::Exact { units, scale: 2 });
        let figure = figure("money", cents(10), cents(30));
        assert_eq!(figure.change.map(|change| change.to_string()).as_deref(), Some("-0.20"));
    }
}
