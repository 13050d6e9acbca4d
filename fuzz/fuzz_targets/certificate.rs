//! Reads any octets as a certificate; one that is read keeps its octets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::Certificate;

fuzz_target!(|octets: &[u8]| {
    let Ok(certificate) = Certificate::from_der(octets) else { return };
    assert_eq!(certificate.der(), octets);
    let _ = certificate.purpose();
    let _ = certificate.subject().common_name();
    let _ = certificate.crl_distribution_points();
    let _ = certificate.public_key().check_strength();
    let _ = certificate.verify_signed_by(certificate.public_key());
});
