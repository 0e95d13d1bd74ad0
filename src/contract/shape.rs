//! Texts of one shape, such as `27/03/2022`: all places are looked at at once, and none by itself.

use std::ops::RangeInclusive;

/// The most bytes that a text of a shape has.
pub const MOST_SHAPED: usize = 32;

/// A text with whatever follows it: enough bytes to look at as many as a shape can have.
pub type Ahead = [u8; MOST_SHAPED];

/// Which bytes may stand at each place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The lowest of them.
    lowest: Ahead,
    /// How far the highest is from it; behind the end any byte may stand.
    span: Ahead,
    len: usize,
}

impl Shape {
    /// The shape of texts with such bytes at their places; nothing where they are more than [`MOST_SHAPED`].
    pub fn of(places: &[RangeInclusive<u8>]) -> Option<Self> {
        let (mut lowest, mut span) = ([0; MOST_SHAPED], [u8::MAX; MOST_SHAPED]);
        for (at, place) in places.iter().enumerate() {
            *lowest.get_mut(at)? = *place.start();
            *span.get_mut(at)? = place.end() - place.start();
        }
        Some(Self { lowest, span, len: places.len() })
    }

    /// True where the first `len` bytes of `text` are a text of this shape.
    #[inline]
    pub fn fits(&self, text: &Ahead, len: usize) -> bool {
        let mut misfits = 0;
        for ((byte, lowest), span) in text.iter().zip(&self.lowest).zip(&self.span) {
            misfits |= u8::from(byte.wrapping_sub(*lowest) > *span);
        }
        misfits == 0 && len == self.len
    }
}

/// A text as [`Shape::fits`] takes it, with nothing behind it; nothing where it is longer than any shape.
pub fn alone(text: &str) -> Option<Ahead> {
    let mut ahead = [0; MOST_SHAPED];
    ahead.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(ahead)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MOST_SHAPED, Shape, alone};

    proptest! {
        /// A shape fits what a look at each byte finds to fit, whatever stands behind.
        #[test]
        fn all_places_are_looked_at(
            places in proptest::collection::vec((any::<u8>(), 0_u8..30).prop_map(|(low, span)| low..=low.saturating_add(span)), 0..=MOST_SHAPED),
            text in any::<[u8; MOST_SHAPED]>(),
            near in any::<bool>(),
            len in 0..=MOST_SHAPED,
        ) {
            let shape = Shape::of(&places).unwrap();
            let mut text = text;
            if near {
                // Else hardly any fits.
                places.iter().zip(&mut text).for_each(|(place, byte)| *byte = place.start().wrapping_add(*byte % (place.end() - place.start() + 2)));
            }
            let expected = len == places.len() && places.iter().zip(&text).all(|(place, byte)| place.contains(byte));
            prop_assert_eq!(shape.fits(&text, len), expected);
        }
    }

    #[test]
    fn what_is_longer_has_no_shape() {
        let digits = vec![b'0'..=b'9'; MOST_SHAPED + 1];
        assert!(Shape::of(&digits).is_none() && Shape::of(&digits[1..]).is_some());
        assert!(alone(&"1".repeat(MOST_SHAPED)).is_some() && alone(&"1".repeat(MOST_SHAPED + 1)).is_none());
    }
}
