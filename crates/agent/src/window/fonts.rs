//! The typeface of the window: one that has the Kazakh letters.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily};

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// The name of the family for titles.
pub(super) const BOLD_FAMILY: &str = "bold";

/// Where systems keep a typeface with the Kazakh letters, regular and bold: Debian, Fedora, Arch, macOS, Windows.
const PLACES: [[&str; 2]; 7] = [
    [
        "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
        "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
    ],
    [
        "/usr/share/fonts/noto/NotoSans-Regular.ttf",
        "/usr/share/fonts/noto/NotoSans-Bold.ttf",
    ],
    [
        "/usr/share/fonts/google-noto/NotoSans-Regular.ttf",
        "/usr/share/fonts/google-noto/NotoSans-Bold.ttf",
    ],
    [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    ],
    [
        "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
        "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
    ],
    [
        "/System/Library/Fonts/Supplemental/Arial.ttf",
        "/System/Library/Fonts/Supplemental/Arial Bold.ttf",
    ],
    [
        "C:\\Windows\\Fonts\\segoeui.ttf",
        "C:\\Windows\\Fonts\\segoeuib.ttf",
    ],
];

/// Puts the typeface in: the one in the program, else the system's.
///
/// # Errors
/// When there is none: a window without letters asks nothing.
pub(super) fn install(context: &Context) -> Result<(), NoFont> {
    let found = embedded().or_else(|| PLACES.iter().find_map(read));
    let (regular, bold) = found.ok_or(NoFont)?;
    let mut fonts = FontDefinitions::empty();
    for (name, data) in [("regular", regular), (BOLD_FAMILY, bold)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    }
    let families = [
        (FontFamily::Proportional, "regular"),
        (FontFamily::Monospace, "regular"),
        (FontFamily::Name(BOLD_FAMILY.into()), BOLD_FAMILY),
    ];
    for (family, name) in families {
        fonts.families.insert(family, vec![name.to_owned()]);
    }
    context.set_fonts(fonts);
    Ok(())
}

/// There is no typeface with the Kazakh letters.
#[derive(Debug, thiserror::Error)]
#[error("no typeface was found: install the package fonts-noto-core, or use --ui terminal")]
pub(crate) struct NoFont;

fn embedded() -> Option<(FontData, FontData)> {
    Some((
        FontData::from_static(REGULAR?),
        FontData::from_static(BOLD?),
    ))
}

fn read([regular, bold]: &[&str; 2]) -> Option<(FontData, FontData)> {
    let read = |path: &str| Some(FontData::from_owned(std::fs::read(Path::new(path)).ok()?));
    Some((read(regular)?, read(bold)?))
}
