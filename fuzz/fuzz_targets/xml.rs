//! Reads any text as XML and canonicalizes it: a canonical form is well-formed, and its own canonical form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_agent::sign::xml::{Canonical, canonicalize, parse, verify_xml};

fuzz_target!(|text: &str| {
    let Ok(document) = parse(text) else { return };
    for exclusive in [false, true] {
        let form = Canonical { exclusive, comments: true, without: None };
        let once = canonicalize(document.root(), form);
        let again = parse(&once).expect("a canonical form is well-formed");
        assert_eq!(canonicalize(again.root(), form), once);
    }
    let _ = verify_xml(text);
});
