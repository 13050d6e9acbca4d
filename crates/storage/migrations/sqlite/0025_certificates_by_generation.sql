-- The certificates of a person, by generation: 262 144 certificates that were issued one after the other. By person alone, each new
-- certificate changed a page at random of an index of all; now it changes one of the thousand of its generation (docs/adr/0047).

DROP INDEX IF EXISTS certificate_person;
CREATE INDEX certificate_person ON certificate (id >> 18, person_id) WHERE person_id IS NOT NULL;
