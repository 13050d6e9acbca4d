//! Reads any octets as a PKCS#10 request; one that is read keeps its octets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::CertificateRequest;

fuzz_target!(|octets: &[u8]| {
    let Ok(request) = CertificateRequest::from_der(octets) else { return };
    assert_eq!(request.der(), octets);
    let _ = request.subject().common_name();
    let _ = request.verify_possession();
});
