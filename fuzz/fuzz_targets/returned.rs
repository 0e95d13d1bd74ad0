#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rihla_fuzz::run(rihla_fuzz::targets::returned, data));
