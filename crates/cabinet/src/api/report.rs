//! `GET /api/v1/certificates/report.csv`: what was ever issued in one's name, for a spreadsheet.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::StreamExt as _;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::language::Language;
use tanba_model::person::Person;
use tanba_model::ports::{CertificateFilter, Session};
use tanba_pki::SerialNumber;

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
    "report-ended",
    "report-reason",
];

/// Certificates that are read and sent at once.
pub(super) const PAGE: u32 = 200;

/// The whole table as text, as [`table`] sends it: what is signed has to be there as a whole.
pub(super) fn whole(words: &Words<'_>, person: &Person, records: &[CertificateRecord]) -> String {
    let separator = separator(words.language);
    let mut csv = head(words, person);
    for row in records.iter().filter_map(|record| row(words, record)) {
        csv.push_str(&line(&row, separator));
    }
    csv
}

/// Sent page by page, however many there are: nothing is left out, and memory holds one page.
pub(super) async fn table(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<impl IntoResponse, Problem> {
    state.limit_reports(signed_in.session.person)?;
    let words = state.words(&visit);
    let head = head(&words, &signed_in.person);
    let disposition = format!(
        "attachment; filename=\"tanba-certificates-{}.csv\"",
        dates::iso(words.now)
    );
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    let rest = Rest {
        state,
        visit,
        session: signed_in.session,
        next: Next::Head(head),
    };
    // Whoever compresses an answer asks once more after its end.
    let pages = futures_util::stream::unfold(rest, Rest::send).fuse();
    Ok((headers, Body::from_stream(pages)))
}

/// What of the table is still to be sent.
struct Rest {
    state: CabinetState,
    visit: Visit,
    session: Session,
    next: Next,
}

enum Next {
    /// The lines above the certificates.
    Head(String),
    /// The page after this certificate.
    Page(Option<SerialNumber>),
    /// Nothing.
    End,
}

impl Rest {
    async fn send(mut self) -> Option<(Result<String, Unfinished>, Self)> {
        let after = match std::mem::replace(&mut self.next, Next::End) {
            Next::Head(lines) => {
                self.next = Next::Page(None);
                return Some((Ok(lines), self));
            }
            Next::Page(after) => after,
            Next::End => return None,
        };
        let session = self.session.clone();
        let page = self
            .state
            .ra(move |ra| {
                let filter = CertificateFilter::default();
                ra.certificate_page(&session, &filter, after.as_ref(), PAGE)
            })
            .await;
        // A table that is cut off must not look whole: the connection breaks.
        let Ok(page) = page else {
            return Some((Err(Unfinished), self));
        };
        let words = self.state.words(&self.visit);
        let separator = separator(words.language);
        let rows = page.items.iter().filter_map(|record| row(&words, record));
        let lines: String = rows.map(|row| line(&row, separator)).collect();
        if let Some(last) = page.items.last().filter(|_| page.more) {
            self.next = Next::Page(Some(last.serial));
        }
        Some((Ok(lines), self))
    }
}

/// The table could not be sent as a whole.
#[derive(Debug, thiserror::Error)]
#[error("the rest of the table could not be read")]
struct Unfinished;

/// Whose table it is, then the headings. The mark in front tells spreadsheets that the letters are UTF-8; the IIN stands
/// behind its name, because a spreadsheet would take the noughts off a number's beginning. No time of making: the table
/// and its signature are fetched one after the other.
fn head(words: &Words<'_>, person: &Person) -> String {
    let text = |key: &str| words.catalogue.text(words.language, key);
    let separator = separator(words.language);
    let mut owner = HEADINGS.map(|_| String::new());
    let facts = [
        text("report-person"),
        person.full_name(),
        format!("{} {}", text("summary-iin"), person.iin.as_str()),
    ];
    // Each line has as many cells (RFC 4180, 2).
    for (cell, fact) in owner.iter_mut().zip(facts) {
        *cell = fact;
    }
    let [owner, headings] = [owner, HEADINGS.map(text)].map(|cells| line(&cells, separator));
    format!("\u{feff}{owner}{headings}")
}

fn row(words: &Words<'_>, record: &CertificateRecord) -> Option<[String; 11]> {
    let text = |key: &str| words.catalogue.text(words.language, key);
    let (at, reason) = match record.status {
        Status::Intended | Status::Void => return None,
        Status::Valid => (String::new(), String::new()),
        Status::Revoked { at, reason } => {
            let reason = text(&format!("reason-{}", reason.name()));
            (dates::iso_with_zone(at), reason)
        }
    };
    Some([
        // Programs read this column: it is looked for as the API and other tools write it.
        record.serial.hex(),
        text(&format!("purpose-{}", view::purpose(record.purpose))),
        view::algorithm(record),
        words.keystore(record),
        dates::iso_with_zone(record.created_at),
        text(&format!("channel-{}", record.channel.name())),
        dates::iso_with_zone(record.not_before),
        dates::iso_with_zone(record.not_after),
        words.status(record)?,
        at,
        reason,
    ])
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
}
