-- When an application entered each of its states. Triggers write it, so that old programs do too.

CREATE TABLE application_step (
    id             INTEGER PRIMARY KEY,
    application_id INTEGER NOT NULL REFERENCES application (id),
    state          TEXT    NOT NULL,
    at             INTEGER NOT NULL
) STRICT;

CREATE INDEX application_step_application ON application_step (application_id, id);

INSERT INTO application_step (application_id, state, at) SELECT id, 'DRAFT', created_at FROM application ORDER BY id;
INSERT INTO application_step (application_id, state, at)
    SELECT id, state, state_at FROM application WHERE state <> 'DRAFT' ORDER BY id;

CREATE TRIGGER application_begins AFTER INSERT ON application
BEGIN
    INSERT INTO application_step (application_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_at);
END;

CREATE TRIGGER application_moves AFTER UPDATE OF state ON application WHEN NEW.state <> OLD.state
BEGIN
    INSERT INTO application_step (application_id, state, at) VALUES (NEW.id, NEW.state, NEW.state_at);
END;
