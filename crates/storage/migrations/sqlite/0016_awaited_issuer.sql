-- Authorities whose keys were made here, and whose certificates come from a machine that has no network.

CREATE TABLE awaited_issuer (
    name       TEXT    NOT NULL PRIMARY KEY,
    shards     INTEGER NOT NULL CHECK (shards BETWEEN 1 AND 65535),
    created_at INTEGER NOT NULL,
    request    BLOB    NOT NULL,
    key        BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
