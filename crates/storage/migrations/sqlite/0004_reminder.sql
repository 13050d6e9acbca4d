-- Reminders before certificates end: who wants none, and which were decided on.

ALTER TABLE person ADD COLUMN reminders INTEGER NOT NULL DEFAULT 1 CHECK (reminders IN (0, 1));

CREATE TABLE reminder (
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    days           INTEGER NOT NULL, -- before the end
    at             INTEGER NOT NULL,
    PRIMARY KEY (certificate_id, days)
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_end ON certificate (not_after, id) WHERE status = 'valid' AND person_id IS NOT NULL;
