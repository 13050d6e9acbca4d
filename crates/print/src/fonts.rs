//! The typeface.

use std::borrow::Cow;
use std::fmt;

use rustybuzz::Face;

use crate::error::PrintError;

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// Signs for what the typeface lacks, the best first.
const REPLACEMENTS: [char; 3] = ['\u{fffd}', '\u{25a1}', '?'];

/// Whether the program carries a typeface; without one nothing can be printed.
#[must_use]
pub const fn are_embedded() -> bool {
    cfg!(feature = "embed-fonts")
}

/// A typeface in two weights, TrueType or OpenType with all Kazakh letters.
#[derive(Clone)]
pub struct Fonts {
    regular: Cow<'static, [u8]>,
    bold: Cow<'static, [u8]>,
}

impl Fonts {
    /// The typeface that the program carries.
    ///
    /// # Errors
    /// [`PrintError::NoFonts`] where it was built without one.
    pub fn embedded() -> Result<Self, PrintError> {
        let (Some(regular), Some(bold)) = (REGULAR, BOLD) else {
            return Err(PrintError::NoFonts);
        };
        Self::new(regular.into(), bold.into())
    }

    /// A typeface from files.
    ///
    /// # Errors
    /// [`PrintError::DamagedFont`] when it cannot be read.
    pub fn new(regular: Cow<'static, [u8]>, bold: Cow<'static, [u8]>) -> Result<Self, PrintError> {
        let fonts = Self { regular, bold };
        fonts.faces().map(drop)?;
        Ok(fonts)
    }

    pub(crate) fn faces(&self) -> Result<Faces<'_>, PrintError> {
        let face = |octets| Face::from_slice(octets, 0).ok_or(PrintError::DamagedFont);
        Ok(Faces {
            regular: face(self.regular.as_ref())?,
            bold: face(self.bold.as_ref())?,
        })
    }

    pub(crate) fn octets(&self, weight: Weight) -> &[u8] {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fonts(…)")
    }
}

/// A weight of the typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Both weights, read.
pub(crate) struct Faces<'a> {
    regular: Face<'a>,
    bold: Face<'a>,
}

impl Faces<'_> {
    pub(crate) const fn of(&self, weight: Weight) -> &Face<'_> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// The text as this typeface can print it.
    pub(crate) fn clean(&self, text: &str) -> String {
        let has = |character| {
            [&self.regular, &self.bold]
                .iter()
                .all(|face| face.glyph_index(character).is_some())
        };
        let replacement = REPLACEMENTS
            .into_iter()
            .find(|sign| has(*sign))
            .unwrap_or('?');
        crate::clean::clean(text, has, replacement)
    }
}
