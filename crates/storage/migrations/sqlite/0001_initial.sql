-- The tables of the server. Times are seconds since 1970 UTC, digests are 32 octets.
-- Large values stand last in their table, so that the columns before them are read without them.

CREATE TABLE person (
    id         INTEGER PRIMARY KEY,
    iin        TEXT    NOT NULL UNIQUE,
    surname    TEXT    NOT NULL,
    given_name TEXT    NOT NULL,
    patronymic TEXT,
    email      TEXT,
    language   TEXT    NOT NULL,
    frozen_at  INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE issuer (
    id                    INTEGER PRIMARY KEY,
    name                  TEXT    NOT NULL UNIQUE,
    kind                  TEXT    NOT NULL CHECK (kind IN ('root', 'issuing')),
    shards                INTEGER NOT NULL CHECK (shards BETWEEN 1 AND 65535),
    next_crl_number       INTEGER NOT NULL DEFAULT 1,
    created_at            INTEGER NOT NULL,
    certificate           BLOB    NOT NULL,
    key                   BLOB    NOT NULL,
    responder_certificate BLOB,
    responder_key         BLOB
) STRICT;

CREATE TABLE application (
    id                    INTEGER PRIMARY KEY,
    number                TEXT    NOT NULL UNIQUE,
    person_id             INTEGER NOT NULL REFERENCES person (id),
    kind                  TEXT    NOT NULL,
    state                 TEXT    NOT NULL,
    state_at              INTEGER NOT NULL, -- of a draft: when it was begun
    state_reason          TEXT,
    created_at            INTEGER NOT NULL,
    email                 TEXT,
    region                TEXT    NOT NULL,
    settlement            TEXT    NOT NULL,
    keystore              TEXT    NOT NULL,
    login_certificate_id  INTEGER REFERENCES certificate (id),
    version               INTEGER NOT NULL DEFAULT 1,
    signer_certificate_id INTEGER REFERENCES certificate (id),
    document              BLOB,
    signature             BLOB,
    CHECK ((signer_certificate_id IS NULL) = (document IS NULL)),
    CHECK ((signer_certificate_id IS NULL) = (signature IS NULL))
) STRICT;

CREATE INDEX application_person ON application (person_id, id);
CREATE INDEX application_state ON application (state, state_at);

CREATE TABLE key_request (
    application_id    INTEGER NOT NULL REFERENCES application (id),
    position          INTEGER NOT NULL,
    profile           TEXT    NOT NULL,
    public_key_sha256 BLOB    NOT NULL UNIQUE CHECK (length(public_key_sha256) = 32),
    certificate_id    INTEGER REFERENCES certificate (id),
    request           BLOB    NOT NULL,
    PRIMARY KEY (application_id, position)
) STRICT;

CREATE TABLE certificate (
    id                INTEGER PRIMARY KEY,
    issuer_id         INTEGER NOT NULL REFERENCES issuer (id),
    serial            BLOB    NOT NULL,
    person_id         INTEGER REFERENCES person (id),
    application_id    INTEGER REFERENCES application (id),
    profile           TEXT    NOT NULL,
    purpose           TEXT    NOT NULL,
    keystore          TEXT,
    channel           TEXT    NOT NULL,
    public_key_sha256 BLOB    NOT NULL CHECK (length(public_key_sha256) = 32),
    shard             INTEGER NOT NULL,
    not_before        INTEGER NOT NULL,
    not_after         INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    completed_at      INTEGER,
    status            TEXT    NOT NULL CHECK (status IN ('intended', 'void', 'valid', 'revoked')),
    revoked_at        INTEGER,
    reason            INTEGER,
    to_be_signed      BLOB    NOT NULL,
    der               BLOB,
    UNIQUE (issuer_id, serial),
    CHECK ((status = 'revoked') = (revoked_at IS NOT NULL)),
    CHECK ((status = 'revoked') = (reason IS NOT NULL)),
    CHECK ((status IN ('valid', 'revoked')) = (der IS NOT NULL))
) STRICT;

-- One public key is one person's for ever; only the authority renews certificates of its own keys.
CREATE UNIQUE INDEX certificate_public_key ON certificate (public_key_sha256) WHERE person_id IS NOT NULL;
CREATE INDEX certificate_authority_key ON certificate (public_key_sha256) WHERE person_id IS NULL;
CREATE INDEX certificate_person ON certificate (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX certificate_application ON certificate (application_id, id) WHERE application_id IS NOT NULL;
CREATE INDEX certificate_intended ON certificate (id) WHERE status = 'intended';
CREATE INDEX certificate_revoked ON certificate (issuer_id, shard, serial, not_after, revoked_at, reason, status)
    WHERE status = 'revoked';

CREATE TRIGGER certificate_stays BEFORE DELETE ON certificate
BEGIN
    SELECT RAISE(ABORT, 'a certificate is never deleted');
END;

CREATE TRIGGER certificate_is_what_it_was
BEFORE UPDATE OF id, issuer_id, serial, person_id, public_key_sha256, shard, to_be_signed ON certificate
BEGIN
    SELECT RAISE(ABORT, 'what was intended is never changed');
END;

-- Every change of status after issue: what delta CRLs are made of.
CREATE TABLE status_change (
    id             INTEGER PRIMARY KEY,
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    issuer_id      INTEGER NOT NULL,
    shard          INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    reason         INTEGER,
    at             INTEGER NOT NULL
) STRICT;

CREATE INDEX status_change_at ON status_change (issuer_id, at, shard, certificate_id);

CREATE TRIGGER status_change_is_not_edited BEFORE UPDATE ON status_change
BEGIN
    SELECT RAISE(ABORT, 'the log of status changes is append-only');
END;

CREATE TRIGGER status_change_stays BEFORE DELETE ON status_change
BEGIN
    SELECT RAISE(ABORT, 'the log of status changes is append-only');
END;

-- Numbers that would cost more with every certificate if they were counted when asked for.
CREATE TABLE tally (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tally (name, value) VALUES ('certificates', 0);

CREATE TABLE crl (
    issuer_id    INTEGER NOT NULL REFERENCES issuer (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('full', 'shard', 'delta')),
    shard        INTEGER NOT NULL, -- 0 of a full list
    number       INTEGER NOT NULL,
    this_update  INTEGER NOT NULL,
    next_update  INTEGER NOT NULL,
    covers_until INTEGER NOT NULL,
    der          BLOB    NOT NULL,
    PRIMARY KEY (issuer_id, kind, shard)
) STRICT;

-- Evidence: only ever longer. The insert trigger also refuses REPLACE, which deletes without asking the others.
CREATE TABLE audit_log (
    sequence      INTEGER PRIMARY KEY,
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32),
    event         BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_log_grows_in_order BEFORE INSERT ON audit_log
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit_log)
    OR NEW.previous_hash IS NOT coalesce((SELECT hash FROM audit_log WHERE sequence = NEW.sequence - 1), zeroblob(32))
BEGIN
    SELECT RAISE(ABORT, 'the audit log grows only at its end');
END;

CREATE TRIGGER audit_log_is_not_edited BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE session (
    token_sha256   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 32),
    person_id      INTEGER NOT NULL REFERENCES person (id),
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    csrf           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    used_at        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_end ON session (expires_at);

CREATE TABLE token (
    token_sha256 BLOB    NOT NULL CHECK (length(token_sha256) = 32),
    purpose      TEXT    NOT NULL,
    person_id    INTEGER REFERENCES person (id),
    subject      TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (token_sha256, purpose)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_end ON token (expires_at);

CREATE TABLE confirmation_code (
    application_id INTEGER PRIMARY KEY REFERENCES application (id),
    digest         BLOB    NOT NULL CHECK (length(digest) = 32),
    salt           BLOB    NOT NULL CHECK (length(salt) = 16),
    expires_at     INTEGER NOT NULL,
    tries_left     INTEGER NOT NULL CHECK (tries_left >= 0),
    sent           INTEGER NOT NULL,
    sent_at        INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT: the id is the carrier's idempotency key and never comes again.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER NOT NULL REFERENCES person (id),
    recipient  TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER, -- NULL: sent, or given up
    tries      INTEGER NOT NULL DEFAULT 0,
    sent_at    INTEGER,
    last_error TEXT,
    body       TEXT -- JSON; wiped once it is sent
) STRICT;

CREATE INDEX message_due ON message (due_at, id) WHERE due_at IS NOT NULL;
