//! Reads any octets as what a connection to the agent begins with.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| tanba_agent::read_head(octets, 13579));
