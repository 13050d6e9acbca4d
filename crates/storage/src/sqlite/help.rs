//! The index of the guide (FTS5).

use rusqlite::params;
use tanba_model::help::{HelpEntry, HelpQuery};
use tanba_model::ports::{HelpIndex, StorageError};

use super::{SqliteUnit, column};

impl HelpIndex for SqliteUnit<'_> {
    fn version(&mut self) -> Result<Option<String>, StorageError> {
        self.one(
            "/* whole: the guide has some hundred articles */ SELECT version FROM help_version",
            [],
            |row| column(row, 0),
        )
    }

    fn replace(&mut self, entries: &[HelpEntry], version: &str) -> Result<(), StorageError> {
        self.execute(
            "/* whole: the guide has some hundred articles */ DELETE FROM help",
            [],
        )?;
        for entry in entries {
            self.execute(
                "INSERT INTO help (language, article, title, keywords, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    entry.language.tag(),
                    entry.article,
                    entry.title,
                    entry.keywords,
                    entry.body
                ],
            )?;
        }
        self.execute(
            "INSERT INTO help_version (id, version) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version",
            params![version],
        )
        .map(drop)
    }

    fn search(&mut self, query: &HelpQuery, limit: u32) -> Result<Vec<String>, StorageError> {
        // A title says more than a keyword, a keyword more than the text.
        self.many(
            "/* whole: the guide has some hundred articles */ SELECT article FROM help WHERE help MATCH ?1 AND language = ?2
             ORDER BY bm25(help, 0.0, 0.0, 6.0, 4.0, 1.0), rowid LIMIT ?3",
            params![expression(query), query.language().tag(), limit],
            |row| column(row, 0),
        )
    }
}

/// `"килт" * OR "купия" *`: quoted, so that no word is an operator; terms have no quotation marks in them.
fn expression(query: &HelpQuery) -> String {
    let phrases: Vec<String> = query
        .terms()
        .iter()
        .flat_map(|term| HelpQuery::starts(term))
        .map(|start| format!("\"{}\" *", start.replace('"', "\"\"")))
        .collect();
    phrases.join(" OR ")
}
