//! Changing the password of a file.

use serde_json::json;
use tanba_keystore::Password;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{KeyRing, to_json};
use crate::Failure;
use crate::derivation::Attempt;

#[wasm_bindgen]
impl KeyRing {
    /// Writes a file anew under another password, in its own profile, so that whoever read it before still does:
    /// `{"name"}` and [`output`](Self::output).
    ///
    /// # Errors
    /// What is wrong with the file, or the old password.
    pub fn change_password(
        &mut self,
        name: &str,
        bytes: &[u8],
        password: String,
        replacement: String,
    ) -> Result<String, Failure> {
        let container = match self.derivations.open(bytes, &Password::new(password))? {
            Attempt::Done(container) => container,
            Attempt::Needed(derivation) => return Ok(derivation),
        };
        container.keys()?;
        match self.derivations.write(
            &container,
            container.profile(),
            &Password::new(replacement),
        )? {
            Attempt::Needed(derivation) => Ok(derivation),
            Attempt::Done(written) => {
                self.output = written;
                to_json(&json!({ "name": name }))
            }
        }
    }

    /// Whether a file opens with a password, for checking what was just written: `{"keys"}`.
    ///
    /// # Errors
    /// What is wrong with the file, or the password.
    pub fn verify_opens(&mut self, bytes: &[u8], password: String) -> Result<String, Failure> {
        match self.derivations.open(bytes, &Password::new(password))? {
            Attempt::Needed(derivation) => Ok(derivation),
            Attempt::Done(container) => to_json(&json!({ "keys": container.keys()?.len() })),
        }
    }
}
