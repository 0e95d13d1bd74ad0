//! Dates of the format `any`.

/// The formats of dates that can be read in one way only: the year first, or the month by name. The rest of what `any`
/// may mean (is `03/04/2023` in March or in April?) is not guessed.
pub const ANY_DATES: [&str; 8] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d-%B-%Y"];
