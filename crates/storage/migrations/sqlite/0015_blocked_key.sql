-- Keys that nobody may have certified any more. The digest is SHA-256 of the SubjectPublicKeyInfo, as in `certificate`.

CREATE TABLE blocked_key (
    public_key_sha256 BLOB    NOT NULL PRIMARY KEY CHECK (length(public_key_sha256) = 32),
    at                INTEGER NOT NULL,
    source            TEXT    NOT NULL CHECK (source IN ('administrator', 'list', 'attestation')),
    reason            TEXT    NOT NULL CHECK (reason <> ''),
    attestation       BLOB,
    CHECK ((source = 'attestation') = (attestation IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER blocked_key_is_not_edited BEFORE UPDATE ON blocked_key
BEGIN
    SELECT RAISE(ABORT, 'a blocked key stays as it was blocked');
END;

CREATE TRIGGER blocked_key_stays BEFORE DELETE ON blocked_key
BEGIN
    SELECT RAISE(ABORT, 'a blocked key stays blocked');
END;
