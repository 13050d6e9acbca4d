-- Text messages beside mails, letters that nobody took, and addresses that take none.

ALTER TABLE person ADD COLUMN phone TEXT; -- E.164
ALTER TABLE person ADD COLUMN email_refused_at INTEGER; -- since when the mail server of the address takes nothing for it

-- Of text messages only sms_due_at is ever set, so that a program that knows mails alone leaves them where they are.
ALTER TABLE message ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail' CHECK (channel IN ('mail', 'sms'));
ALTER TABLE message ADD COLUMN sms_due_at INTEGER;
-- 0 goes first: somebody waits for it. 2 goes last: there may be a million of them.
ALTER TABLE message ADD COLUMN priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2);
ALTER TABLE message ADD COLUMN dead_at INTEGER; -- given up; the body stays until somebody decides

CREATE INDEX message_mail_due ON message (priority, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX message_sms_due ON message (priority, sms_due_at, id) WHERE sms_due_at IS NOT NULL;
CREATE INDEX message_dead ON message (id) WHERE dead_at IS NOT NULL;
DROP INDEX message_due;

INSERT INTO tally (name, value) VALUES ('dead_messages', 0);

CREATE TRIGGER message_dies AFTER UPDATE OF dead_at ON message WHEN (NEW.dead_at IS NULL) <> (OLD.dead_at IS NULL)
BEGIN
    UPDATE tally SET value = value + iif(NEW.dead_at IS NULL, -1, 1) WHERE name = 'dead_messages';
END;

-- Keys of this installation for links that it makes without keeping them. Never in a message, a log or an export.
CREATE TABLE server_secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT, WITHOUT ROWID;

CREATE INDEX confirmation_code_end ON confirmation_code (expires_at);
