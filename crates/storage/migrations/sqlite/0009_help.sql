-- The index of the guide: made from the articles in the program, and made anew when they change.

CREATE TABLE help_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT    NOT NULL
) STRICT;

-- The columns hold terms: words are folded and cut before they come here.
CREATE VIRTUAL TABLE help USING fts5 (
    language UNINDEXED,
    article UNINDEXED,
    title,
    keywords,
    body,
    tokenize = 'unicode61 remove_diacritics 0'
);
