-- SQLite looks for the sessions of an application when one is entered or changed.

CREATE INDEX limited_session_application ON limited_session (application_id) WHERE application_id IS NOT NULL;
