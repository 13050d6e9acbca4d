//! The typeface of the window: one that has the Kazakh letters.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// Octets of one weight at most.
const LARGEST: usize = 4 * 1024 * 1024;

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

/// The typeface in the program, which is compressed there (RFC 1951).
fn embedded() -> Option<(FontData, FontData)> {
    let inflate = |octets| decompress_to_vec_with_limit(octets, LARGEST).ok();
    Some((
        FontData::from_owned(inflate(REGULAR?)?),
        FontData::from_owned(inflate(BOLD?)?),
    ))
}

fn read([regular, bold]: &[&str; 2]) -> Option<(FontData, FontData)> {
    let read = |path: &str| Some(FontData::from_owned(std::fs::read(Path::new(path)).ok()?));
    Some((read(regular)?, read(bold)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use eframe::egui::{Context, FontFamily, FontId, RawInput};

    use super::{BOLD_FAMILY, install};
    use crate::locale::SOURCES;

    /// A letter that is missing is a box, in the one language that has it.
    #[test]
    fn every_letter_of_every_text_can_be_drawn_in_both_weights() {
        let context = Context::default();
        install(&context).unwrap();
        // Typefaces are in use from the next picture on.
        let mut drawn = context.run_ui(RawInput::default(), |_| {});
        drawn.textures_delta.clear();
        let mut letters: BTreeSet<char> =
            SOURCES.iter().flat_map(|(_, text)| text.chars()).collect();
        letters.extend("әғқңөұүһіӘҒҚҢӨҰҮҺІ№«»—–…•".chars());
        letters.retain(|letter| !letter.is_control());
        assert!(letters.len() > 150, "{letters:?}");
        for family in [
            FontFamily::Proportional,
            FontFamily::Name(BOLD_FAMILY.into()),
        ] {
            let font = FontId::new(16.0, family);
            for letter in &letters {
                let is_there = context.fonts_mut(|fonts| fonts.has_glyph(&font, *letter));
                assert!(is_there, "{letter} of {font:?}");
            }
        }
    }

    #[test]
    #[cfg(feature = "embed-fonts")]
    fn a_program_that_was_built_with_its_typeface_needs_none_of_the_system() {
        assert!(super::embedded().is_some());
    }
}
