-- What an administrator told an authority not to issue: everything (an empty profile), or one profile.

CREATE TABLE issuance_stop (
    issuer_id INTEGER NOT NULL REFERENCES issuer (id),
    profile   TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    reason    TEXT    NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (issuer_id, profile)
) STRICT, WITHOUT ROWID;
