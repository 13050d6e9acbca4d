//! QR codes (ISO/IEC 18004).

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use crate::error::PrintError;

/// The dark and light modules of a code, row by row, without the quiet zone.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    pub(crate) width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// The smallest code that says `url`, with error correction M: paper is folded.
    pub(crate) fn of(url: &str) -> Result<Self, PrintError> {
        let code = QrCode::with_error_correction_level(url, EcLevel::M)
            .map_err(|_| PrintError::TooLong)?;
        Ok(Self {
            width: code.width(),
            dark: code
                .to_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect(),
        })
    }

    /// Runs of dark modules: row, first column, number of columns. Fewer edges than single squares, and no hair lines
    /// between them.
    pub(crate) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (row, modules) in self.dark.chunks(self.width.max(1)).enumerate() {
            let mut start = None;
            for (column, dark) in modules.iter().chain(std::iter::once(&false)).enumerate() {
                match (dark, start) {
                    (true, None) => start = Some(column),
                    (false, Some(first)) => {
                        runs.push((row, first, column - first));
                        start = None;
                    }
                    _ => {}
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_exactly_the_dark_modules() {
        let modules = Modules::of("https://cabinet.example/kk/status?number=123456789012").unwrap();
        let covered: usize = modules.runs().iter().map(|(_, _, count)| count).sum();
        assert_eq!(covered, modules.dark.iter().filter(|dark| **dark).count());
        // A finder pattern stands in the corner: seven dark modules, then a light one.
        assert_eq!(modules.runs().first(), Some(&(0, 0, 7)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(
            Modules::of(&"x".repeat(5000)),
            Err(PrintError::TooLong)
        ));
    }
}
