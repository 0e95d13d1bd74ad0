//! Years and months of a year.

/// A year of four digits, 0 to 9999.
pub fn year(text: &str) -> Option<i64> {
    (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A month of a year, `2023-01`, as months since the year 0.
pub fn year_month(text: &str) -> Option<i64> {
    let (years, months) = text.split_once('-')?;
    let month = (months.len() == 2 && months.bytes().all(|byte| byte.is_ascii_digit())).then(|| months.parse::<i64>().ok())??;
    (1..=12).contains(&month).then_some(year(years)? * 12 + month - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_and_months_are_written_whole() {
        assert_eq!([year("2023"), year("0000"), year("9999")], [Some(2023), Some(0), Some(9999)]);
        for text in ["23", "02023", "-2023", "+202", "20 3", "2023Z", "", "٢٠٢٣"] {
            assert_eq!(year(text), None, "{text}");
        }
        assert_eq!([year_month("2023-01"), year_month("2023-12"), year_month("0000-01")], [Some(24_276), Some(24_287), Some(0)]);
        for text in ["2023-1", "2023-13", "2023-00", "2023", "2023/01", "23-01", "2023-01-01", "2023-+1", ""] {
            assert_eq!(year_month(text), None, "{text}");
        }
    }
}
