//! x
use crate::support::*;
#[test]
fn good() {
    let f = Folder::small();
    let r = f.rihla(&["run"]);
    println!("{}", r.text());
    println!("{:?}", f.released("by_country"));
    println!("{:?}", f.released("deliveries"));
    println!("{}", f.rihla(&["run"]).text());
}
