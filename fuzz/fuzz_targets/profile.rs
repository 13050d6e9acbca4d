//! Reads any text as a certificate profile; one that is read can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_pki::profile::Profile;

fuzz_target!(|text: &str| {
    let Ok(profile) = Profile::from_toml(text) else { return };
    assert!(Profile::from_toml(profile.source()).is_ok());
    let _ = profile.extensions();
});
