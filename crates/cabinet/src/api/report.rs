//! `GET /api/v1/certificates/report.csv`: what was ever issued in one's name, for a spreadsheet.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::language::Language;

use crate::dates;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::{self, Words};
use crate::visit::Visit;

/// The columns, by the keys of their headings.
const HEADINGS: [&str; 11] = [
    "key-serial",
    "report-purpose",
    "key-algorithm",
    "key-keystore",
    "report-issued",
    "report-channel",
    "report-from",
    "report-until",
    "report-status",
    "key-revoked",
    "report-reason",
];

pub(super) async fn table(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<impl IntoResponse, Problem> {
    let records = state.certificates_of(&signed_in).await?;
    let words = state.words(&visit);
    let text = |key: &str| words.catalogue.text(words.language, key);
    let headings = HEADINGS.map(text);
    let rows = records.iter().filter_map(|record| row(&words, record));
    let mut csv = String::from('\u{feff}');
    for row in std::iter::once(headings).chain(rows) {
        csv.push_str(&line(&row, separator(words.language)));
    }
    let disposition = format!(
        "attachment; filename=\"tanba-certificates-{}.csv\"",
        dates::iso(words.now)
    );
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, csv))
}

fn row(words: &Words<'_>, record: &CertificateRecord) -> Option<[String; 11]> {
    let text = |key: &str| words.catalogue.text(words.language, key);
    let (at, reason) = match record.status {
        Status::Intended | Status::Void => return None,
        Status::Valid => (String::new(), String::new()),
        Status::Revoked { at, reason } => {
            (dates::iso(at), text(&format!("reason-{}", reason.name())))
        }
    };
    Some([
        grouped(&record.serial.hex()),
        text(&format!("purpose-{}", view::purpose(record.purpose))),
        view::algorithm(record),
        words.keystore(record),
        dates::iso(record.created_at),
        text(&format!("channel-{}", record.channel.name())),
        dates::iso(record.not_before),
        dates::iso(record.not_after),
        words.status(record)?,
        at,
        reason,
    ])
}

/// In groups of two digits: a spreadsheet would round `12e5…` to a number.
fn grouped(serial: &str) -> String {
    let mut text = String::new();
    for (place, digit) in serial.chars().enumerate() {
        if place > 0 && place % 2 == 0 {
            text.push(':');
        }
        text.push(digit);
    }
    text
}

/// What spreadsheets of that language take for the end of a cell.
const fn separator(language: Language) -> char {
    match language {
        Language::Kk | Language::Ru => ';',
        Language::En => ',',
    }
}

/// One line (RFC 4180).
fn line(cells: &[String], separator: char) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(&separator.to_string()) + "\r\n"
}

/// A quoted cell. What a spreadsheet would compute begins with an apostrophe, which makes it text.
fn cell(text: &str) -> String {
    let computed =
        text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    let mark = if computed { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_computed_and_none_breaks_out() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"] {
            assert!(cell(text).starts_with("\"'"), "{text:?}");
        }
        assert_eq!(cell("a;b\"c"), "\"a;b\"\"c\"");
        assert_eq!(cell("2026-11-24"), "\"2026-11-24\"");
        let cells = ["a".to_owned(), String::new()];
        assert_eq!(line(&cells, ';'), "\"a\";\"\"\r\n");
    }

    #[test]
    fn a_serial_number_is_no_number() {
        assert_eq!(grouped("12e5"), "12:e5");
    }
}
