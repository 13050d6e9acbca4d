//! The kind of program that somebody uses, coarse enough to name no one device.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use tanba_model::language::Language;
use tanba_ra::Device;

use crate::config::CabinetConfig;
use crate::locale::Catalogue;
use crate::visit::cookie;

/// What browsers call themselves: what is looked for, in this order because each names those before it, the code, and the
/// name that people know.
const BROWSERS: [(&str, &str, &str); 7] = [
    ("YaBrowser/", "yandex", "Yandex Browser"),
    ("OPR/", "opera", "Opera"),
    ("SamsungBrowser/", "samsung", "Samsung Internet"),
    ("Edg", "edge", "Microsoft Edge"),
    ("Firefox/", "firefox", "Firefox"),
    ("Chrome/", "chrome", "Chrome"),
    ("Safari/", "safari", "Safari"),
];

/// Systems, likewise.
const SYSTEMS: [(&str, &str, &str); 6] = [
    ("Android", "android", "Android"),
    ("iPhone", "ios", "iOS"),
    ("iPad", "ios", "iPadOS"),
    ("Windows", "windows", "Windows"),
    ("Mac OS X", "macos", "macOS"),
    ("Linux", "linux", "Linux"),
];

/// `firefox-linux`; an empty text where the program does not say.
pub(crate) fn kind(headers: &HeaderMap) -> String {
    let said = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let find = |known: &[(&str, &'static str, &str)]| {
        let found = known.iter().find(|(mark, _, _)| said.contains(mark));
        found.map(|(_, code, _)| *code)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}-{system}"),
        _ => String::new(),
    }
}

/// A kind in words.
pub(crate) fn name(catalogue: &Catalogue, language: Language, kind: &str) -> String {
    let known = kind.split_once('-').and_then(|(browser, system)| {
        let browser = BROWSERS.iter().find(|(_, code, _)| *code == browser)?;
        let system = SYSTEMS.iter().find(|(_, code, _)| *code == system)?;
        Some((browser.2, system.2))
    });
    match known {
        Some((browser, system)) => catalogue.format(
            language,
            "device-on",
            &[("browser", browser.into()), ("system", system.into())],
        ),
        None => catalogue.text(language, "device-unknown"),
    }
}

const fn cookie_name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba-device"
    } else {
        "tanba-device"
    }
}

/// The device that a request comes from, by the cookie that an earlier sign-in left.
pub(crate) fn of(headers: &HeaderMap, config: &CabinetConfig) -> Device {
    let secret = cookie(headers, cookie_name(config))
        .filter(|secret| secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .unwrap_or_default();
    Device {
        secret,
        kind: kind(headers),
    }
}

/// `Set-Cookie` that lets a later sign-in say that it is the same device. It says nothing else, and is read for nothing
/// else.
pub(crate) fn remembering_cookie(secret: &str, config: &CabinetConfig) -> String {
    let secure = if config.secure() { "; Secure" } else { "" };
    format!(
        "{}={secret}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict{secure}",
        cookie_name(config)
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_are_told_apart_though_each_names_the_others() {
        let said = |text: &'static str| {
            let mut headers = HeaderMap::new();
            let _ = headers.insert(USER_AGENT, HeaderValue::from_static(text));
            kind(&headers)
        };
        assert_eq!(
            said("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "firefox-linux"
        );
        assert_eq!(
            said(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
            ),
            "edge-windows"
        );
        assert_eq!(
            said(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "safari-ios"
        );
        assert_eq!(said("curl/8.0"), "");
        assert_eq!(kind(&HeaderMap::new()), "");
    }

    #[test]
    fn a_kind_has_a_name_and_what_is_none_does_too() {
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!(
            name(&catalogue, Language::En, "firefox-linux"),
            "Firefox on Linux"
        );
        for unknown in ["", "x-y", "firefox", "<b>-linux"] {
            assert_eq!(
                name(&catalogue, Language::En, unknown),
                "an unknown program"
            );
        }
    }
}
