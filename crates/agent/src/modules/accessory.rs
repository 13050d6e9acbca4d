//! `kz.gov.pki.ncalayerservices.accessory`: what is installed.

use serde_json::json;

use crate::protocol::{Request, refusal};

/// Bundles that sites look for, with the versions whose behaviour we have.
const BUNDLES: [(&str, &str); 4] = [
    ("kz.gov.pki.api.layer.NCALayerServices", "0.5.0"),
    ("kz.gov.pki.osgi.layer.websocket", "0.3.3"),
    ("kz.gov.pki.knca.commonUtils", "1.2.2"),
    ("kz.gov.pki.knca.basics", "1.1.0"),
];

const SERVICES: [&str; 4] = [
    "kz.gov.pki.knca.commonUtils",
    "kz.gov.pki.knca.basics",
    "kz.gov.pki.ncalayerservices.accessory",
    "kz.tanba.keystore",
];

/// Answers; the two methods that only open a window have no answer.
pub(super) fn answer(request: &Request) -> Option<String> {
    match request.method() {
        Some("getBundles") => {
            let bundles: serde_json::Map<_, _> = BUNDLES
                .into_iter()
                .map(|(name, version)| (name.to_owned(), version.into()))
                .collect();
            Some(serde_json::Value::Object(bundles).to_string())
        }
        Some("getServices") => Some(json!({ "services": SERVICES }).to_string()),
        Some("showSettings" | "showBundleManager") => None,
        // Nothing is installed from a page.
        Some("installBundle") => Some(refusal("BUNDLE_NOT_INSTALLED")),
        Some(_) | None => Some(refusal("METHOD_NOT_FOUND")),
    }
}
