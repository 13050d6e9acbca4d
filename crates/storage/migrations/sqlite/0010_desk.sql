-- The desk: who works for the authority, their sessions, what they signed, and what waits for a second signature.

CREATE TABLE staff (
    id        INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    role      TEXT    NOT NULL,
    centre    TEXT,
    since     INTEGER NOT NULL,
    until     INTEGER
) STRICT;

CREATE INDEX staff_person ON staff (person_id, id);

CREATE TRIGGER staff_is_what_it_was BEFORE UPDATE OF id, person_id, role, centre, since ON staff
BEGIN
    SELECT RAISE(ABORT, 'evidence names this work: end it and enter another');
END;

CREATE TRIGGER staff_stays BEFORE DELETE ON staff
BEGIN
    SELECT RAISE(ABORT, 'evidence names this work');
END;

CREATE TABLE staff_session (
    token_sha256   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 32),
    staff_id       INTEGER NOT NULL REFERENCES staff (id),
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    role           TEXT    NOT NULL,
    csrf           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    used_at        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX staff_session_staff ON staff_session (staff_id);
CREATE INDEX staff_session_end ON staff_session (expires_at);

CREATE TABLE pending_act (
    id         INTEGER PRIMARY KEY,
    act        TEXT    NOT NULL,
    person_id  INTEGER NOT NULL REFERENCES person (id),
    centre     TEXT    NOT NULL,
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    asked_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended      TEXT, -- NULL: it waits
    ended_at   INTEGER,
    document   BLOB    NOT NULL,
    CHECK ((ended IS NULL) = (ended_at IS NULL))
) STRICT;

-- One and the same act waits once.
CREATE UNIQUE INDEX pending_act_once ON pending_act (person_id, act) WHERE ended IS NULL;
CREATE INDEX pending_act_centre ON pending_act (centre, id) WHERE ended IS NULL;
CREATE INDEX pending_act_open ON pending_act (id) WHERE ended IS NULL;
CREATE INDEX pending_act_end ON pending_act (expires_at) WHERE ended IS NULL;

CREATE TRIGGER pending_act_is_what_was_asked
BEFORE UPDATE OF id, act, person_id, centre, staff_id, asked_at, document ON pending_act
BEGIN
    SELECT RAISE(ABORT, 'what was asked for is evidence');
END;

CREATE TRIGGER pending_act_stays BEFORE DELETE ON pending_act
BEGIN
    SELECT RAISE(ABORT, 'what was asked for is evidence');
END;

CREATE TABLE decision (
    id                    INTEGER PRIMARY KEY,
    staff_id              INTEGER NOT NULL REFERENCES staff (id),
    person_id             INTEGER NOT NULL REFERENCES person (id),
    application_id        INTEGER REFERENCES application (id),
    pending_act_id        INTEGER REFERENCES pending_act (id),
    act                   TEXT    NOT NULL,
    step                  TEXT    NOT NULL,
    at                    INTEGER NOT NULL,
    signer_certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    document_sha256       BLOB    NOT NULL UNIQUE CHECK (length(document_sha256) = 32),
    document              BLOB    NOT NULL,
    signature             BLOB    NOT NULL
) STRICT;

CREATE INDEX decision_application ON decision (application_id, id) WHERE application_id IS NOT NULL;
CREATE INDEX decision_person ON decision (person_id, id);
CREATE INDEX decision_staff ON decision (staff_id, id, application_id) WHERE application_id IS NOT NULL;

CREATE TRIGGER decision_is_not_edited BEFORE UPDATE ON decision
BEGIN
    SELECT RAISE(ABORT, 'a signed decision is evidence');
END;

CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN
    SELECT RAISE(ABORT, 'a signed decision is evidence');
END;

-- The queue of all registration centres, for those who read everything.
CREATE INDEX application_queue_everywhere ON application (state, state_at, id) WHERE centre IS NOT NULL;
