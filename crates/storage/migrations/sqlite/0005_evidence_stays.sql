-- What a person signed is evidence: once there, it stays as it is, with its application.

CREATE TRIGGER application_is_what_was_signed
BEFORE UPDATE OF id, number, person_id, kind, created_at, signer_certificate_id, document, signature ON application
WHEN OLD.signature IS NOT NULL AND (
    NEW.id IS NOT OLD.id
    OR NEW.number IS NOT OLD.number
    OR NEW.person_id IS NOT OLD.person_id
    OR NEW.kind IS NOT OLD.kind
    OR NEW.created_at IS NOT OLD.created_at
    OR NEW.signer_certificate_id IS NOT OLD.signer_certificate_id
    OR NEW.document IS NOT OLD.document
    OR NEW.signature IS NOT OLD.signature
)
BEGIN
    SELECT RAISE(ABORT, 'a signed application is evidence');
END;

CREATE TRIGGER application_stays BEFORE DELETE ON application WHEN OLD.signature IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a signed application is evidence');
END;
