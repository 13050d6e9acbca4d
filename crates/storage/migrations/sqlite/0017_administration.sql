-- What administrators signed, and how many certificates a published list names.

CREATE TABLE administration (
    id                    INTEGER PRIMARY KEY,
    staff_id              INTEGER NOT NULL REFERENCES staff (id),
    act                   TEXT    NOT NULL,
    object                TEXT    NOT NULL, -- as events of the audit log name it
    at                    INTEGER NOT NULL,
    signer_certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    document_sha256       BLOB    NOT NULL UNIQUE CHECK (length(document_sha256) = 32),
    document              BLOB    NOT NULL,
    signature             BLOB    NOT NULL
) STRICT;

CREATE INDEX administration_object ON administration (object, id);

CREATE TRIGGER administration_is_not_edited BEFORE UPDATE ON administration
BEGIN
    SELECT RAISE(ABORT, 'a signed order is evidence');
END;

CREATE TRIGGER administration_stays BEFORE DELETE ON administration
BEGIN
    SELECT RAISE(ABORT, 'a signed order is evidence');
END;

-- Entries were counted for the list of that number: an older program replaces lists without counting.
ALTER TABLE crl ADD COLUMN entries INTEGER;
ALTER TABLE crl ADD COLUMN entries_number INTEGER;
