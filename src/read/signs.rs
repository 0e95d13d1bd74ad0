//! Where the bytes stand that end cells, found for many bytes at once: cells are short, so that a search for each of them, or
//! a look at each byte, takes longer than both together here.

/// Bytes that are looked at together: as many as an integer has bits.
const BLOCK: usize = u64::BITS as usize;

/// Finds signs from a place on; places are asked for in rising order.
pub struct Signs {
    delimiter: u8,
    /// The sign that a carriage return is, where it is one; else the line feed once more.
    end: u8,
    /// Where the block begins that was looked at last.
    block: usize,
    /// A bit for each of its bytes, set for signs; the first byte has the lowest.
    found: u64,
}

impl Signs {
    /// The delimiter, quotation marks and line feeds of a text, and carriage returns where they end lines.
    pub fn of(bytes: &[u8], delimiter: u8, has_lone_returns: bool) -> Self {
        let mut signs = Self { delimiter, end: if has_lone_returns { b'\r' } else { b'\n' }, block: 0, found: 0 };
        signs.look(bytes, 0);
        signs
    }

    /// The first sign at a place or behind it.
    #[inline]
    pub fn next(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (block, found) = self.near(bytes, at)?;
        Some(block + found.trailing_zeros() as usize)
    }

    /// The block with the first sign at a place or behind it, and a bit for each of its signs from there on; nothing where
    /// there is none.
    #[inline]
    pub fn near(&mut self, bytes: &[u8], at: usize) -> Option<(usize, u64)> {
        if at >= self.block + BLOCK {
            self.look(bytes, at / BLOCK * BLOCK);
        }
        // Those before the place were passed.
        self.found &= u64::MAX << at.saturating_sub(self.block);
        while self.found == 0 {
            let next = self.block + BLOCK;
            if next >= bytes.len() {
                return None;
            }
            self.look(bytes, next);
        }
        Some((self.block, self.found))
    }

    fn look(&mut self, bytes: &[u8], block: usize) {
        self.block = block;
        let rest = bytes.get(block..).unwrap_or_default();
        self.found = match rest.first_chunk::<BLOCK>() {
            Some(bytes) => self.signs(bytes),
            None => {
                let mut last = [0; BLOCK];
                last[..rest.len()].copy_from_slice(rest);
                // What stands behind the end is none, whatever the delimiter is.
                self.signs(&last) & !(u64::MAX << rest.len())
            }
        };
    }

    fn signs(&self, bytes: &[u8; BLOCK]) -> u64 {
        let is_sign = bytes.map(|byte| u8::from((byte == self.delimiter) | (byte == b'"') | (byte == b'\n') | (byte == self.end)));
        let (eights, _) = is_sign.as_chunks::<8>();
        eights.iter().rev().fold(0, |bits, eight| bits << 8 | gathered(*eight))
    }
}

/// Eight bytes that are 0 or 1 as the lowest bits of a number, the first byte the lowest: the product has each of them once
/// among its highest eight bits.
fn gathered(eight: [u8; 8]) -> u64 {
    u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Signs;

    proptest! {
        /// From any places on, in rising order, what is found is what a look at each byte finds.
        #[test]
        fn signs_are_those_of_a_look_at_each_byte(
            bytes in proptest::collection::vec(prop_oneof![Just(b';'), Just(b'"'), Just(b'\n'), Just(b'\r'), 0_u8..=255, Just(b'a'), Just(b'a')], 0..300),
            steps in proptest::collection::vec(0_usize..90, 0..40),
            lone in any::<bool>(),
        ) {
            let is_sign = |byte: u8| matches!(byte, b';' | b'"' | b'\n') || (lone && byte == b'\r');
            let mut signs = Signs::of(&bytes, b';', lone);
            let mut at = 0;
            for step in steps {
                let expected = bytes.iter().skip(at).position(|byte| is_sign(*byte)).map(|found| at + found);
                prop_assert_eq!(signs.next(&bytes, at), expected);
                at += step;
            }
        }
    }
}
