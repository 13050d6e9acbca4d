//! Documents on paper: what stands on them, laid out on A4, as PDF/A-2u with tags, and the seal that vouches for them.
//!
//! A document is a list of [`Block`]s in words that the caller chose; nothing here knows a language's texts, and nothing
//! here reads a clock: the same document is the same octets. Whatever stands in a name (control characters, writing
//! from right to left, three hundred letters) is made printable first, so it neither fails nor leaves the page.
//!
//! Start reading at [`Document`], then [`Sealer`].

mod block;
mod clean;
mod code;
mod document;
mod error;
mod fonts;
mod line;
mod paint;
mod seal;
mod sheet;
mod tail;

pub use block::{Block, Fact, Style};
pub use document::{Document, Fit};
pub use error::PrintError;
pub use fonts::{Fonts, are_embedded as fonts_are_embedded};
pub use seal::{SealError, SealWords, Sealer};
