//! What browsers run and look at: scripts, styles, WASM; embedded when the program was built for it.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;
use crate::state::CabinetState;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Whether the program carries the browser assets; without them pages have no scripts and nobody can sign in.
#[must_use]
pub const fn are_embedded() -> bool {
    cfg!(feature = "embed-assets")
}

/// The embedded files by name.
#[derive(Debug)]
pub(crate) struct Assets {
    files: BTreeMap<&'static str, &'static [u8]>,
    links: Links,
    manifest: BTreeMap<String, String>,
}

/// Addresses of what every page links.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Links {
    style: Option<String>,
    script: Option<String>,
    icon: Option<String>,
}

impl Assets {
    /// Reads the list of what is embedded.
    pub(crate) fn embedded() -> Result<Self, serde_json::Error> {
        let manifest: BTreeMap<String, String> = serde_json::from_str(MANIFEST)?;
        let link = |plain: &str| manifest.get(plain).map(|name| format!("/assets/{name}"));
        let links = Links {
            style: link("style.css"),
            script: link("main.js"),
            icon: link("favicon.svg").or_else(|| link("mark.svg")),
        };
        Ok(Self {
            files: ASSETS.iter().copied().collect(),
            links,
            manifest,
        })
    }

    /// The address of an asset by its plain name, where it is embedded.
    pub(crate) fn link(&self, plain: &str) -> Option<String> {
        self.manifest
            .get(plain)
            .map(|name| format!("/assets/{name}"))
    }

    pub(crate) fn links(&self) -> &Links {
        &self.links
    }
}

/// `GET /assets/{name}`: names carry the digest of their content, so browsers may keep them for ever.
pub(crate) async fn asset(
    State(state): State<CabinetState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let files = &state.assets().files;
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let plain = files
        .get(name.as_str())
        .copied()
        .ok_or_else(Problem::page_not_found)?;
    let kind = content_type(&name).ok_or_else(Problem::page_not_found)?;
    let compressed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .find_map(|(encoding, suffix)| {
            let content = files.get(format!("{name}{suffix}").as_str()).copied()?;
            accepts(accepted, encoding).then_some((encoding, content))
        });
    let constant: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    Ok(match compressed {
        Some((encoding, content)) => {
            (constant, [(CONTENT_ENCODING, encoding)], content).into_response()
        }
        None => (constant, plain).into_response(),
    })
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next() == Some(encoding) && parts.all(|part| part != "q=0")
    })
}

/// The media type of a file that is served by itself; compressed forms are not.
fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        _ => return None,
    })
}
