-- The look over all keys: how far it has come, and what it found.

CREATE TABLE key_check (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    begun_at    INTEGER NOT NULL,
    finished_at INTEGER,
    keys        INTEGER NOT NULL,
    rsa         INTEGER NOT NULL,
    looked      INTEGER NOT NULL,
    compared    INTEGER NOT NULL
) STRICT;

CREATE TABLE key_finding (
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    code           TEXT    NOT NULL,
    what           TEXT    NOT NULL,
    found_at       INTEGER NOT NULL,
    PRIMARY KEY (certificate_id, code)
) STRICT, WITHOUT ROWID;
