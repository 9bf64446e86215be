#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etlens_properties::targets::files(data));
