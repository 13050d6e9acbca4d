-- What people do without a key, or with one but not by it: codes for a person, sessions that they open, devices, and the
-- address of before.

CREATE TABLE entry (
    id          INTEGER PRIMARY KEY,
    flow_sha256 BLOB    NOT NULL CHECK (length(flow_sha256) = 32),
    purpose     TEXT    NOT NULL,
    person_id   INTEGER REFERENCES person (id), -- NULL: nobody was found, and no answer is right
    subject     TEXT    NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    salt        BLOB    NOT NULL CHECK (length(salt) = 16),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    tries_left  INTEGER NOT NULL CHECK (tries_left >= 0),
    wrong       INTEGER NOT NULL DEFAULT 0,
    sent        INTEGER NOT NULL CHECK (sent IN (0, 1))
) STRICT;

CREATE INDEX entry_flow ON entry (flow_sha256, purpose, id);
CREATE INDEX entry_person ON entry (person_id, purpose, created_at) WHERE person_id IS NOT NULL;
CREATE INDEX entry_end ON entry (expires_at);

-- Whose an application is, read from the index alone.
CREATE INDEX application_number ON application (number, person_id);

-- A table of its own: what takes a session with a key never sees one of these.
CREATE TABLE limited_session (
    token_sha256   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 32),
    person_id      INTEGER NOT NULL REFERENCES person (id),
    application_id INTEGER REFERENCES application (id), -- NULL: may revoke and freeze
    csrf           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    used_at        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX limited_session_person ON limited_session (person_id);
CREATE INDEX limited_session_end ON limited_session (expires_at);

CREATE TABLE device (
    person_id     INTEGER NOT NULL REFERENCES person (id),
    device_sha256 BLOB    NOT NULL CHECK (length(device_sha256) = 32),
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    PRIMARY KEY (person_id, device_sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_last ON device (last_at);

ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- Codes go to the address of before until this time, and notices to both.
ALTER TABLE person ADD COLUMN earlier_email TEXT;
ALTER TABLE person ADD COLUMN earlier_email_until INTEGER;
