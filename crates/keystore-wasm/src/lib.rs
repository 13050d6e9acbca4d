//! The key store in the browser.
