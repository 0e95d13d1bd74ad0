//! A made-up extract: the same rows for the same month, first number and count.

use std::fmt::Write as _;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const COUNTRIES: [&str; 12] =
    ["Côte d'Ivoire", "Cote d'Ivoire", "CIV", "Ivory Coast", "Guinea", "Guinée", "GIN", "Senegal", "Sénégal", "Cameroun", "RDC", "Burkina Faso"];
const SEXES: [&str; 7] = ["M", "Masculin", "male", "H", "F", "Féminin", "female"];
const FACTORS: [&str; 8] =
    ["victim_of_trafficking", "unaccompanied_child", "medical_needs", "single_parent", "elderly", "victim_of_violence", "disability", "pregnant"];
const HEADER: &str = "record_id,case_id,departure_date,first_name,last_name,passport_no,date_of_birth,sex,country_of_origin,vulnerability_factors,\
                      voucher_amount_mad,phone,remarks,updated_at\n";

/// An extract of a month with `rows` rows, the first of them numbered `first`; of a hundred rows one has a fault, of two
/// hundred one is sent twice.
pub fn extract(month: &str, first: usize, rows: usize) -> String {
    let mut random = StdRng::seed_from_u64(first as u64 + 20_230_630);
    let (year, number) = month.split_once('-').expect("a month");
    let mut text = String::with_capacity(rows * 170);
    text.push_str(HEADER);
    for row in first..first + rows {
        let begins = text.len();
        line(&mut text, &mut random, (year, number), row);
        if random.random_ratio(1, 200) {
            let later = text[begins..].replace("T10:00:00Z", "T18:00:00Z");
            text.push_str(&later);
        }
    }
    text
}

fn line(text: &mut String, random: &mut StdRng, (year, month): (&str, &str), row: usize) {
    let pick = |random: &mut StdRng, from: &[&'static str]| from[random.random_range(0..from.len())];
    let fault = if random.random_ratio(1, 100) { random.random_range(0..6) } else { 6 };
    let case = if fault == 4 { String::new() } else { format!("MA-RAB-{row:09}") };
    let departed = if fault == 0 { "31/02/2023".to_owned() } else { format!("{:02}/{month}/{year}", random.random_range(1..29)) };
    let born = if fault == 5 { 2049 } else { random.random_range(1960..2021) };
    let (sex, country) = (pick(random, &SEXES), pick(random, &COUNTRIES));
    let (one, two) = (pick(random, &FACTORS), pick(random, &FACTORS));
    let factors = if one == two { "none".to_owned() } else { format!("{one}|{two}") };
    let amount = if fault == 3 { -50 } else { random.random_range(200..9000) };
    let remarks = if random.random_ratio(1, 10) { "\"Vol via CMN, escorte médicale, suivi à l'arrivée\"" } else { "\"\"" };
    let _ = writeln!(
        text,
        "{row},{case},{departed},Awa,Traoré,P{:08},{:02}/{:02}/{born},{},{},{factors},{amount},+2126{:08},{remarks},{year}-{month}-28T10:00:00Z",
        random.random_range(0..100_000_000),
        random.random_range(1..29),
        random.random_range(1..13),
        if fault == 2 { "?" } else { sex },
        if fault == 1 { "Atlantis" } else { country },
        random.random_range(0..100_000_000),
    );
}
