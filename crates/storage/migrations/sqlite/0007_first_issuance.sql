-- First issuance: what people without keys fill in, how often strangers tried, and what their applications add.

-- What the register of people says of a person, for installations whose register is this table.
ALTER TABLE person ADD COLUMN source TEXT NOT NULL DEFAULT 'table';
ALTER TABLE person ADD COLUMN deceased INTEGER NOT NULL DEFAULT 0 CHECK (deceased IN (0, 1));

ALTER TABLE application ADD COLUMN centre TEXT; -- of the registration centre; NULL for a reissue

CREATE INDEX application_queue ON application (centre, state, state_at, id) WHERE centre IS NOT NULL;

CREATE TABLE first_application (
    application_id INTEGER PRIMARY KEY REFERENCES application (id),
    email          TEXT    NOT NULL,
    language       TEXT    NOT NULL,
    appear_by      INTEGER NOT NULL,
    agreement      TEXT    NOT NULL,
    agreed_at      INTEGER NOT NULL,
    document       BLOB    NOT NULL,
    signature      BLOB    NOT NULL
) STRICT;

CREATE TRIGGER first_application_is_not_edited BEFORE UPDATE ON first_application
BEGIN
    SELECT RAISE(ABORT, 'a signed application is evidence');
END;

CREATE TRIGGER first_application_stays BEFORE DELETE ON first_application
BEGIN
    SELECT RAISE(ABORT, 'a signed application is evidence');
END;

CREATE TRIGGER first_application_is_what_was_signed
BEFORE UPDATE OF id, number, person_id, kind, created_at, centre ON application
WHEN OLD.centre IS NOT NULL AND (
    NEW.id IS NOT OLD.id
    OR NEW.number IS NOT OLD.number
    OR NEW.person_id IS NOT OLD.person_id
    OR NEW.kind IS NOT OLD.kind
    OR NEW.created_at IS NOT OLD.created_at
    OR NEW.centre IS NOT OLD.centre
)
BEGIN
    SELECT RAISE(ABORT, 'a signed application is evidence');
END;

CREATE TABLE intake (
    id            INTEGER PRIMARY KEY,
    secret_sha256 BLOB    NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
    number        TEXT    UNIQUE,
    stage         TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    content       TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX intake_waiting ON intake (due_at, id) WHERE stage = 'waiting';
CREATE INDEX intake_end ON intake (due_at) WHERE stage <> 'waiting';

CREATE TABLE attempt (
    what       TEXT    NOT NULL,
    who_sha256 BLOB    NOT NULL CHECK (length(who_sha256) = 32),
    day        INTEGER NOT NULL, -- since 1970
    count      INTEGER NOT NULL,
    PRIMARY KEY (day, what, who_sha256)
) STRICT, WITHOUT ROWID;

-- A message may go to somebody who is not in the records yet. What SQLite cannot loosen is made anew.
CREATE TABLE message_anew (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER REFERENCES person (id), -- NULL: an applicant whom nobody knows yet
    recipient  TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER, -- NULL: sent, or given up
    tries      INTEGER NOT NULL DEFAULT 0,
    sent_at    INTEGER,
    last_error TEXT,
    body       TEXT -- JSON; wiped once it is sent
) STRICT;

INSERT INTO message_anew (id, person_id, recipient, language, created_at, due_at, tries, sent_at, last_error, body)
    SELECT id, person_id, recipient, language, created_at, due_at, tries, sent_at, last_error, body FROM message;
-- The ids of messages that are gone do not come again either.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'message_anew', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message_anew');
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message'), 0))
    WHERE name = 'message_anew';
DROP TABLE message;
ALTER TABLE message_anew RENAME TO message;

CREATE INDEX message_due ON message (due_at, id) WHERE due_at IS NOT NULL;
