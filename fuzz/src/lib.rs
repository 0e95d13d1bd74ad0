//! What is fuzzed: a function of any bytes for each reader. The project's own tests call the same functions with the
//! seeds and with every case that was found.

pub mod judge;
pub mod pack;
pub mod targets;

/// Calls a target. The library that reads cells panics over some broken workbooks; that is caught and told, and must not
/// end the fuzzer, which otherwise ends at the first panic. One that is not caught still does.
pub fn run(target: fn(&[u8]), data: &[u8]) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    target(data);
}
