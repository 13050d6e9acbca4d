//! Random octets from the browser.

use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The generator of the platform: `crypto.getRandomValues` in a browser.
///
/// It fails only where there is none at all; there a page has no keys either, and the module stops.
pub(crate) const fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
