//! Numbers as offices write them, read exactly: nothing is rounded, and what could be read two ways is no number.

/// How a source writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyle {
    /// What stands before the decimals; the Arabic `٫` always may.
    pub decimal: char,
    /// What may part thousands beside spaces and the Arabic `٬`, which always may.
    pub group: Option<char>,
}

/// Digits that fit every number whatever its decimals.
const MOST_SIMPLE: usize = 13;

/// The most decimals for which that holds.
const MOST_SIMPLE_SCALE: u8 = 4;

impl Default for NumberStyle {
    fn default() -> Self {
        Self { decimal: '.', group: None }
    }
}

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misread {
    /// It is something else.
    NoNumber,
    /// It holds a character that could part decimals or thousands and is not declared, and that which is.
    Undeclared(char, char),
    /// Its digits do not stand in groups of three, or the groups are parted in several ways.
    Groups,
    /// It is written with an exponent, so that digits may be lost.
    Exponent,
}

impl Misread {
    /// The rest of a sentence that says what the text is not; no part of the text is repeated save one separator.
    pub fn because(self) -> String {
        match self {
            Self::NoNumber => String::new(),
            Self::Undeclared(found, decimal) => {
                format!(": `{found}` could part decimals or thousands, and the source says that decimals follow `{decimal}` (see `numbers`)")
            }
            Self::Groups => ": its digits do not stand in groups of three".to_owned(),
            Self::Exponent => ": it is written with an exponent, so that digits may be lost".to_owned(),
        }
    }
}

/// A number as written: sign and digits, any amount of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    is_negative: bool,
    whole: String,
    decimals: String,
}

impl NumberStyle {
    /// A number that its format holds as such (a workbook's cell, a JSON number) as this style writes it; `text` has a
    /// point before the decimals and no groups.
    pub fn native(self, text: &str) -> String {
        text.replace('.', self.decimal.encode_utf8(&mut [0; 4]))
    }

    /// A number of few Western digits without groups, in units of its `scale`-th decimal; nothing where reading it takes a
    /// closer look.
    pub fn simple(self, text: &str, scale: u8) -> Option<i128> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let decimal = u8::try_from(self.decimal).ok()?;
        if digits.is_empty() || digits.len() > MOST_SIMPLE || digits.as_bytes()[0] == decimal || scale > MOST_SIMPLE_SCALE {
            return None;
        }
        let (mut value, mut decimals) = (0_i64, None);
        for byte in digits.bytes() {
            match (byte, &mut decimals) {
                (b'0'..=b'9', decimals) => {
                    value = value * 10 + i64::from(byte - b'0');
                    *decimals = decimals.map(|count: u32| count + 1);
                }
                (byte, decimals @ None) if byte == decimal => *decimals = Some(0),
                _ => return None,
            }
        }
        let written = decimals.unwrap_or_default();
        let lacking = u32::from(scale).checked_sub(written).filter(|_| decimals != Some(0))?;
        let value = i128::from(value) * i128::from(10_i64.pow(lacking));
        Some(if text.starts_with('-') { -value } else { value })
    }

    /// Reads a number.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(self, text: &str) -> Result<Figure, Misread> {
        let plain: String = text.chars().map(western_digit).collect();
        let unsigned = plain.strip_prefix(['-', '+', '−']).unwrap_or(&plain);
        if is_exponential(unsigned) {
            return Err(Misread::Exponent);
        }
        let (whole, decimals) = match unsigned.split_once([self.decimal, '٫']) {
            Some((whole, decimals)) => (self.ungrouped(whole)?, self.digits(decimals)?),
            None => (self.ungrouped(unsigned)?, String::new()),
        };
        Ok(Figure { is_negative: plain.starts_with(['-', '−']), whole, decimals })
    }

    fn digits(self, text: &str) -> Result<String, Misread> {
        match text.chars().find(|c| !c.is_ascii_digit()) {
            Some(other) => Err(self.foreign(other)),
            None if text.is_empty() => Err(Misread::NoNumber),
            None => Ok(text.to_owned()),
        }
    }

    /// The digits of groups of three, all parted alike.
    fn ungrouped(self, text: &str) -> Result<String, Misread> {
        let mut parts = text.chars().filter(|c| !c.is_ascii_digit());
        let Some(first) = parts.next() else { return self.digits(text) };
        let kind = self.separator(first).ok_or_else(|| self.foreign(first))?;
        for other in parts {
            if self.separator(other).ok_or_else(|| self.foreign(other))? != kind {
                return Err(Misread::Groups);
            }
        }
        let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
        let are_whole = groups.iter().enumerate().all(|(index, group)| if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 });
        if are_whole { Ok(groups.concat()) } else { Err(Misread::Groups) }
    }

    /// What a separator of groups counts as: spaces of any width are one kind.
    fn separator(self, c: char) -> Option<char> {
        match c {
            '٬' => Some(c),
            c if Some(c) == self.group => Some(c),
            c if c.is_whitespace() && !c.is_control() => Some(' '),
            _ => None,
        }
    }

    fn foreign(self, c: char) -> Misread {
        if ['.', ',', '\'', '’', '٫', '٬'].contains(&c) { Misread::Undeclared(c, self.decimal) } else { Misread::NoNumber }
    }
}

impl Figure {
    /// The number in units of its `scale`-th decimal.
    ///
    /// # Errors
    /// The rest of a sentence, where it has more decimals than that, or more digits than a number of that scale takes.
    pub fn scaled(&self, scale: u8) -> Result<i128, String> {
        let (scale, most) = (usize::from(scale), super::digits(scale));
        if self.decimals.len() > scale {
            return Err(match scale {
                0 => "is not a whole number".to_owned(),
                _ => format!("has {} decimals; the field takes {scale}, and nothing is rounded", self.decimals.len()),
            });
        }
        let digits = format!("{}{:0<scale$}", self.whole.trim_start_matches('0'), self.decimals);
        if digits.len() > usize::from(most) {
            return Err(format!("has more than {most} digits"));
        }
        let value: i128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| "is not a number".to_owned())? };
        Ok(if self.is_negative { -value } else { value })
    }

    /// The number where it is whole and fits 64 bits.
    pub fn whole(&self) -> Option<i64> {
        let value: i128 = self.whole.parse().ok().filter(|_| self.decimals.is_empty())?;
        i64::try_from(if self.is_negative { -value } else { value }).ok()
    }
}

/// A number in units of its `scale`-th decimal as text, without zeros at its end.
pub fn written(value: i128, scale: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, decimals) = digits.split_at(digits.len() - usize::from(scale));
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{decimals}") }
}

/// Arabic-Indic and Persian digits as Western ones, all else as it is.
pub fn western_digit(c: char) -> char {
    let offset = match c {
        '٠'..='٩' => u32::from(c) - u32::from('٠'),
        '۰'..='۹' => u32::from(c) - u32::from('۰'),
        _ => return c,
    };
    char::from_digit(offset, 10).unwrap_or(c)
}

/// `4.512E+03`: what a spreadsheet shows of a long number.
pub fn is_exponential(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-', '−']).unwrap_or(exponent);
    let is_mantissa = mantissa.starts_with(|c: char| c.is_ascii_digit()) && mantissa.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    is_mantissa && !exponent.is_empty() && exponent.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRENCH: NumberStyle = NumberStyle { decimal: ',', group: Some('.') };

    #[test]
    fn groups_signs_and_digits_of_other_scripts_are_read() {
        let plain = NumberStyle::default();
        for (text, value) in [
            ("1732", 173_200),
            ("1 732", 173_200),
            ("1\u{a0}732\u{a0}000.5", 173_200_050),
            ("1\u{202f}732.50", 173_250),
            ("12\u{2009}000", 1_200_000),
            ("999\u{2007}001", 99_900_100),
            ("١٬٧٣٢٫٥", 173_250),
            ("۱۷۳۲", 173_200),
            ("-5.25", -525),
            ("−5.25", -525),
            ("+0.01", 1),
            ("007", 700),
            ("-0", 0),
        ] {
            assert_eq!(plain.read(text).unwrap().scaled(2), Ok(value), "{text}");
        }
        for text in ["1.732,50", "1 732,50", "1732,5", "1732,50"] {
            assert_eq!(FRENCH.read(text).unwrap().scaled(2), Ok(173_250), "{text}");
        }
        assert_eq!(FRENCH.read(&FRENCH.native("1.732")).unwrap().scaled(3), Ok(1732));
    }

    #[test]
    fn what_is_malformed_or_could_be_read_two_ways_is_refused() {
        let plain = NumberStyle::default();
        for (text, why) in [
            ("1 73", Misread::Groups),
            ("1732 000", Misread::Groups),
            ("1  732", Misread::Groups),
            ("1 732٬000", Misread::Groups),
            ("1,732", Misread::Undeclared(',', '.')),
            ("1,5", Misread::Undeclared(',', '.')),
            ("1.732.500", Misread::Undeclared('.', '.')),
            ("1'732", Misread::Undeclared('\'', '.')),
            ("4.512E+03", Misread::Exponent),
            ("4,512e3", Misread::Exponent),
            ("", Misread::NoNumber),
            ("-", Misread::NoNumber),
            ("--5", Misread::NoNumber),
            ("- 5", Misread::Groups),
            (".5", Misread::NoNumber),
            ("5.", Misread::NoNumber),
            ("inf", Misread::NoNumber),
            ("NaN", Misread::NoNumber),
            ("0x1F", Misread::NoNumber),
            ("12 MAD", Misread::NoNumber),
            ("5%", Misread::NoNumber),
        ] {
            assert_eq!(plain.read(text), Err(why), "{text}");
        }
        assert_eq!(FRENCH.read("1.73"), Err(Misread::Groups));
        assert_eq!(FRENCH.read("1.732.50"), Err(Misread::Groups));
    }

    #[test]
    fn nothing_is_rounded_and_nothing_overflows() {
        let read = |text: &str| NumberStyle::default().read(text).unwrap();
        assert_eq!(read("0.999").scaled(2), Err("has 3 decimals; the field takes 2, and nothing is rounded".to_owned()));
        assert_eq!(read("1.00").scaled(0), Err("is not a whole number".to_owned()));
        assert_eq!(read("9999999999999999.99").scaled(2), Ok(999_999_999_999_999_999));
        assert!(read("10000000000000000.00").scaled(2).is_err());
        assert!(read(&"9".repeat(5000)).scaled(2).is_err());
        assert_eq!(read("9223372036854775807").whole(), Some(i64::MAX));
        assert_eq!(read("-9223372036854775808").whole(), Some(i64::MIN));
        assert_eq!(read("9223372036854775808").whole(), None);
        assert_eq!(read(&"9".repeat(5000)).whole(), None);
        assert_eq!(read("3.0").whole(), None);
    }

    #[test]
    fn the_short_way_says_what_the_long_one_says() {
        let signs = [
            "",
            "-",
            "+",
            "0",
            "00",
            "7",
            "12",
            "-12",
            "1.",
            ".5",
            "1.5",
            "-1.50",
            "1,5",
            "1,50",
            "-0",
            "0.0001",
            "1.00001",
            "--1",
            "1.5.2",
            "1e3",
            "9999999999999",
            "12345678901234",
        ];
        let plain = [NumberStyle::default(), FRENCH];
        for (style, text, scale) in plain.iter().flat_map(|style| signs.iter().flat_map(move |text| (0..=5).map(move |scale| (style, text, scale)))) {
            if let Some(value) = style.simple(text, scale) {
                assert_eq!(style.read(text).unwrap().scaled(scale), Ok(value), "{text} {scale}");
            }
        }
        assert_eq!(
            [plain[0].simple("1.5", 2), plain[0].simple("-12", 0), plain[1].simple("1,50", 2), plain[0].simple("1.5", 0)],
            [Some(150), Some(-12), Some(150), None]
        );
    }

    #[test]
    fn limits_are_shown_as_people_write_them() {
        assert_eq!([written(0, 2), written(150, 2), written(-5, 2), written(1, 9), written(12, 0)], ["0", "1.5", "-0.05", "0.000000001", "12"]);
    }
}
