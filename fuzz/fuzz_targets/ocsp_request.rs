//! Reads any octets as an OCSP request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::ocsp::Request;

fuzz_target!(|octets: &[u8]| {
    let _ = Request::parse(octets);
});
