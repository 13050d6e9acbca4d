//! A document and how it becomes octets.

use tanba_pki::Timestamp;

use crate::block::Block;
use crate::error::PrintError;
use crate::fonts::Fonts;
use crate::paint;
use crate::sheet::{Margins, Sheets};

/// How many pages a document may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// As many as it needs.
    #[default]
    Pages,
    /// One: everything gets smaller, down to six tenths, before a second page begins.
    OnePage,
}

/// Sizes that are tried for [`Fit::OnePage`].
const SCALES: [f32; 9] = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];

/// A document, complete but for the typeface.
#[derive(Clone, Debug)]
pub struct Document {
    /// What readers call it; the title of its window.
    pub title: String,
    /// Its language (BCP 47).
    pub language: &'static str,
    /// Who made it: the authority.
    pub author: String,
    /// When it was made; stands in its metadata.
    pub created: Timestamp,
    /// Stands on top of each page from the second on.
    pub running_head: String,
    /// Stands at the foot of each page, with `{page}` and `{count}` where the numbers belong.
    pub foot: Vec<String>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// How many pages it may have.
    pub fit: Fit,
}

impl Document {
    /// The document as PDF/A-2u. The same document gives the same octets.
    ///
    /// # Errors
    /// [`PrintError::TooLong`] when an address does not fit into a QR code; the others are mistakes of this program.
    pub fn to_pdf(&self, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
        let faces = fonts.faces()?;
        let scales = match self.fit {
            Fit::Pages => SCALES.get(..1).unwrap_or_default(),
            Fit::OnePage => &SCALES,
        };
        let mut laid = None;
        for scale in scales {
            let margins = Margins::for_foot(self.foot.len());
            let sheets = Sheets::lay(&faces, &self.blocks, margins, *scale)?;
            let done = sheets.pages == 1;
            laid = Some(sheets);
            if done {
                break;
            }
        }
        let mut sheets = laid.ok_or_else(|| PrintError::Writer("no size".to_owned()))?;
        sheets.frame(&faces, &self.running_head, &self.foot);
        let words = paint::Words {
            title: faces.clean(&self.title),
            author: faces.clean(&self.author),
            language: self.language,
            created: self.created,
        };
        paint::write(&sheets, fonts, &words)
    }
}
