//! Lists what is embedded: templates, locales' script keys and, with `embed-assets`, the browser assets in `target/assets`.
//!
//! Copies and lists files only; nothing is compiled or fetched here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let here =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    list_templates(&here.join("templates"), &out)?;
    list_articles(&here.join("guide"), &out)?;
    let assets = here.join("../../target/assets");
    let wanted = env::var_os("CARGO_FEATURE_EMBED_ASSETS").is_some();
    list_assets(wanted.then_some(assets.as_path()), &out)
}

/// `TEMPLATES: &[(name, source)]`.
fn list_templates(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    let mut code = String::from("pub(crate) const TEMPLATES: &[(&str, &str)] = &[\n");
    for (name, path) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
        writeln!(code, "    ({name:?}, include_str!({path:?})),")?;
    }
    code.push_str("];\n");
    Ok(fs::write(out.join("templates.rs"), code)?)
}

/// `ARTICLES: &[(name, source)]`, in the order of their file names.
fn list_articles(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    let mut code = String::from("const ARTICLES: &[(&str, &str)] = &[\n");
    for (name, path) in files.iter().filter(|(name, _)| name.ends_with(".toml")) {
        writeln!(code, "    ({name:?}, include_str!({path:?})),")?;
    }
    code.push_str("];\n");
    Ok(fs::write(out.join("guide.rs"), code)?)
}

/// `ASSETS: &[(file name, content)]` and `MANIFEST`, the JSON from plain names to file names.
fn list_assets(folder: Option<&Path>, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut code = String::from("pub(crate) const ASSETS: &[(&str, &[u8])] = &[\n");
    let mut manifest = "{}".to_owned();
    if let Some(folder) = folder {
        println!("cargo::rerun-if-changed={}", folder.display());
        manifest = fs::read_to_string(folder.join("manifest.json"))
            .map_err(|_| "target/assets is missing: run scripts/build-assets.sh, or build without embed-assets")?;
        let mut files = Vec::new();
        walk(folder, folder, &mut files)?;
        files.sort();
        for (name, path) in files.iter().filter(|(name, _)| name != "manifest.json") {
            writeln!(code, "    ({name:?}, include_bytes!({path:?})),")?;
        }
    }
    code.push_str("];\n");
    writeln!(code, "pub(crate) const MANIFEST: &str = {manifest:?};")?;
    Ok(fs::write(out.join("assets.rs"), code)?)
}

fn walk(
    root: &Path,
    folder: &Path,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, files)?;
        } else {
            let name = path
                .strip_prefix(root)?
                .to_str()
                .ok_or("file names are UTF-8")?
                .to_owned();
            files.push((name, fs::canonicalize(&path)?));
        }
    }
    Ok(())
}
