//! A figure as the table holds it: whole numbers and decimals exactly, everything else as floating point.

use std::fmt;

/// A figure.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// `units` divided by ten to the power of `scale`.
    Exact {
        /// The digits.
        units: i128,
        /// How many of them stand behind the decimal point.
        scale: u32,
    },
    /// Floating point.
    Float(f64),
}

impl Number {
    /// None of anything.
    pub const ZERO: Self = Self::Exact { units: 0, scale: 0 };

    /// The nearest floating point number.
    pub fn as_f64(self) -> f64 {
        match self {
            // Text is read to the nearest number, a division would round twice.
            Self::Exact { .. } => self.to_string().parse().unwrap_or(f64::NAN),
            Self::Float(value) => value,
        }
    }

    /// True where it is nought.
    pub fn is_zero(self) -> bool {
        match self {
            Self::Exact { units, .. } => units == 0,
            Self::Float(value) => value == 0.0,
        }
    }

    /// The sum; nothing where it has more digits than can be held.
    pub fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Exact { .. }, Self::Exact { .. }) => {
                let (left, right, scale) = self.aligned(other)?;
                Some(Self::Exact { units: left.checked_add(right)?, scale })
            }
            _ => Some(Self::Float(self.as_f64() + other.as_f64())),
        }
    }

    /// The difference; nothing where it has more digits than can be held.
    pub fn minus(self, other: Self) -> Option<Self> {
        match other {
            Self::Exact { units, scale } => self.plus(Self::Exact { units: units.checked_neg()?, scale }),
            Self::Float(value) => self.plus(Self::Float(-value)),
        }
    }

    /// The digits of two exact numbers behind one decimal point.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let (Self::Exact { units: left, scale: from }, Self::Exact { units: right, scale: to }) = (self, other) else { return None };
        let scale = from.max(to);
        let lift = |units: i128, from: u32| units.checked_mul(10i128.checked_pow(scale - from)?);
        Some((lift(left, from)?, lift(right, to)?, scale))
    }
}

impl PartialEq for Number {
    /// Equal in value, however many decimals they are written with.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact { .. }, Self::Exact { .. }) => self.aligned(*other).is_some_and(|(left, right, _)| left == right),
            _ => self.as_f64() == other.as_f64(),
        }
    }
}

impl fmt::Display for Number {
    /// Every digit, with a decimal point and without grouping.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Float(value) => write!(f, "{value}"),
            Self::Exact { units, scale: 0 } => write!(f, "{units}"),
            Self::Exact { units, scale } => {
                let (sign, digits) = (if units < 0 { "-" } else { "" }, units.unsigned_abs().to_string());
                let width = scale as usize + 1;
                let digits = format!("{digits:0>width$}");
                let (whole, decimals) = digits.split_at(digits.len() - scale as usize);
                write!(f, "{sign}{whole}.{decimals}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(units: i128, scale: u32) -> Number {
        Number::Exact { units, scale }
    }

    #[test]
    fn decimals_are_added_without_rounding() {
        let ten_cents = exact(10, 2);
        let sum = (0..3).try_fold(Number::ZERO, |sum, _| sum.plus(ten_cents)).unwrap();
        assert_eq!(sum, exact(30, 2));
        assert_eq!(sum.to_string(), "0.30");
        let large = exact(12_345_678_901_234_567_890, 2);
        assert_eq!(large.plus(exact(1, 2)).unwrap().to_string(), "123456789012345678.91");
        assert_eq!(exact(i128::MAX, 0).plus(exact(1, 0)), None, "never wrapped");
        assert_eq!(exact(5, 2).minus(exact(1, 0)).unwrap().to_string(), "-0.95");
    }

    #[test]
    fn equal_in_value_is_equal() {
        assert_eq!(exact(150, 2), exact(15, 1));
        assert_ne!(exact(150, 2), exact(15, 2));
        assert_eq!(Number::Float(1.5), exact(15, 1));
        assert!((exact(10, 2).as_f64() - 0.1).abs() < f64::EPSILON);
    }
}
