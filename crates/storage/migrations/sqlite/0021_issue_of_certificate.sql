-- Where the record stands that a certificate was issued, by certificate. The index of migration 13 did the same, but took two
-- readings of JSON for every record of the log, and a page at random for each certificate: with millions of them, each is
-- read, written into the log and written into the file. Rows of this table come one after the other.

CREATE TABLE certificate_issue (
    certificate_id INTEGER PRIMARY KEY REFERENCES certificate (id),
    sequence       INTEGER NOT NULL
) STRICT;

-- Asks the old index, word for word.
INSERT INTO certificate_issue (certificate_id, sequence)
SELECT id, sequence FROM (
    SELECT id, (
        SELECT sequence FROM audit_log
        WHERE CASE WHEN json_valid(CAST(event AS TEXT)) AND json_extract(CAST(event AS TEXT), '$.action') = 'certificate.issue'
            THEN json_extract(CAST(event AS TEXT), '$.object') END = 'certificate:' || issuer_id || ':' || lower(hex(serial))
        ORDER BY sequence LIMIT 1
    ) AS sequence FROM certificate
) WHERE sequence IS NOT NULL;

DROP INDEX audit_log_issue;

-- Events are canonical JSON, so that the action stands first. The first record of an issue counts.
CREATE TRIGGER certificate_issue_is_found AFTER INSERT ON audit_log
WHEN substr(NEW.event, 1, 30) = CAST('{"action":"certificate.issue",' AS BLOB) AND json_valid(CAST(NEW.event AS TEXT))
BEGIN
    INSERT OR IGNORE INTO certificate_issue (certificate_id, sequence)
    SELECT certificate.id, NEW.sequence
    FROM (SELECT substr(json_extract(CAST(NEW.event AS TEXT), '$.object'), length('certificate:') + 1) AS object) AS said
    JOIN certificate ON issuer_id = CAST(substr(object, 1, instr(object, ':') - 1) AS INTEGER)
        AND serial = unhex(substr(object, instr(object, ':') + 1));
END;
