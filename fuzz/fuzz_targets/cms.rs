//! Reads any octets as signed data and verifies what is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::cms::SignedData;

fuzz_target!(|octets: &[u8]| {
    let Ok(signed) = SignedData::parse(octets) else { return };
    let _ = signed.content();
    let _ = signed.certificates();
    let _ = signed.signers();
});
