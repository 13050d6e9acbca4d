-- Where the record stands that a certificate was issued: whoever it was issued to may have the proof. Kept by SQLite itself,
-- also for what was recorded before. What is not JSON is not such a record; other programs find it.

CREATE INDEX audit_log_issue ON audit_log (
    CASE WHEN json_valid(CAST(event AS TEXT)) AND json_extract(CAST(event AS TEXT), '$.action') = 'certificate.issue'
        THEN json_extract(CAST(event AS TEXT), '$.object') END
) WHERE CASE WHEN json_valid(CAST(event AS TEXT)) AND json_extract(CAST(event AS TEXT), '$.action') = 'certificate.issue'
        THEN json_extract(CAST(event AS TEXT), '$.object') END IS NOT NULL;
