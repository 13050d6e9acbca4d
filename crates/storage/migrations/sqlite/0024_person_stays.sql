-- A person keeps her record and her number: certificates, evidence and signatures name them.

CREATE TRIGGER person_is_who_she_is BEFORE UPDATE OF id, iin ON person
WHEN NEW.id IS NOT OLD.id OR NEW.iin IS NOT OLD.iin
BEGIN
    SELECT RAISE(ABORT, 'evidence names this person by her record and number');
END;

CREATE TRIGGER person_stays BEFORE DELETE ON person
BEGIN
    SELECT RAISE(ABORT, 'evidence names this person');
END;
