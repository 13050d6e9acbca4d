//! Reads any octets as a revocation list; one that is read keeps its octets and gives each of its entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::crl::Crl;

fuzz_target!(|octets: &[u8]| {
    let Ok(list) = Crl::from_der(octets) else { return };
    assert_eq!(list.der(), octets);
    assert_eq!(list.entries().count(), list.len());
    for entry in list.entries() {
        let _ = list.find(entry.serial);
    }
    let _ = list.number();
    let _ = list.base_number();
    let _ = list.scope();
    let _ = list.departure();
    let _ = list.signature_algorithm();
});
