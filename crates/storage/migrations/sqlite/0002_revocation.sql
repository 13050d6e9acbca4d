-- Revocations by the owners of certificates: what was shown, the signature over it, what it revoked.

CREATE TABLE revocation (
    id                    INTEGER PRIMARY KEY,
    person_id             INTEGER NOT NULL REFERENCES person (id),
    event                 TEXT    NOT NULL,
    at                    INTEGER NOT NULL,
    signer_certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    document_sha256       BLOB    NOT NULL UNIQUE CHECK (length(document_sha256) = 32),
    document              BLOB    NOT NULL,
    signature             BLOB    NOT NULL
) STRICT;

CREATE INDEX revocation_person ON revocation (person_id, id);

CREATE TABLE revocation_certificate (
    revocation_id  INTEGER NOT NULL REFERENCES revocation (id),
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    PRIMARY KEY (revocation_id, certificate_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER revocation_is_not_edited BEFORE UPDATE ON revocation
BEGIN
    SELECT RAISE(ABORT, 'a signed revocation is evidence');
END;

CREATE TRIGGER revocation_stays BEFORE DELETE ON revocation
BEGIN
    SELECT RAISE(ABORT, 'a signed revocation is evidence');
END;
