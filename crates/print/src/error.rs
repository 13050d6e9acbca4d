//! Why nothing came out of the printer.

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// The program was built without a typeface; build it with `make build`, or with the feature `embed-fonts`.
    #[error("this program carries no typeface to print with")]
    NoFonts,
    /// The typeface cannot be used; what ships can, as a test shows.
    #[error("the typeface cannot be used")]
    DamagedFont,
    /// The address is longer than a QR code of this size holds.
    #[error("the address does not fit into a QR code")]
    TooLong,
    /// The writer of PDF refused; a mistake of this program.
    #[error("the document cannot be written: {0}")]
    Writer(String),
}
