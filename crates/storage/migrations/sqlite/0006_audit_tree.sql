-- The audit log as a Merkle tree: hashes of complete subtrees (every eighth level), and signed statements of the whole.

CREATE TABLE audit_subtree (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoint (
    size      INTEGER PRIMARY KEY,
    document  BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_checkpoint_grows BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
    OR NEW.size > (SELECT coalesce(max(sequence), 0) FROM audit_log)
BEGIN
    SELECT RAISE(ABORT, 'checkpoints grow with the audit log');
END;

CREATE TRIGGER audit_checkpoint_is_not_edited BEFORE UPDATE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a signed checkpoint is evidence');
END;

CREATE TRIGGER audit_checkpoint_stays BEFORE DELETE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a signed checkpoint is evidence');
END;

-- With what an issuing authority seals documents: reports, and the statements above.
ALTER TABLE issuer ADD COLUMN seal_certificate BLOB;
ALTER TABLE issuer ADD COLUMN seal_key BLOB;
