//! Embeds the typeface from `target/print-fonts` where `embed-fonts` asks for it. Reads files only. Builds the agent's
//! window, too, which takes the small form (`crates/cabinet/web/build/typeface.mjs`).

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let here =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let folder = here.join("../../target/print-fonts");
    println!(
        "cargo::rerun-if-changed={}",
        here.join("../print/build.rs").display()
    );
    let mut code = String::new();
    let ending = match env!("CARGO_PKG_NAME") {
        "tanba-agent" => "window",
        _ => "ttf",
    };
    for (name, weight) in [("REGULAR", "regular"), ("BOLD", "bold")] {
        let octets = if env::var_os("CARGO_FEATURE_EMBED_FONTS").is_some() {
            let path = folder.join(weight).with_extension(ending);
            println!("cargo::rerun-if-changed={}", path.display());
            let path = fs::canonicalize(path)
                .map_err(|_| "target/print-fonts is missing: run scripts/build-assets.sh, or build without embed-fonts")?;
            format!("Some(include_bytes!({path:?}))")
        } else {
            "None".to_owned()
        };
        code.push_str(&format!("const {name}: Option<&[u8]> = {octets};\n"));
    }
    Ok(fs::write(out.join("fonts.rs"), code)?)
}
