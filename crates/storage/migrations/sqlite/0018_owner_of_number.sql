-- Whoever asks for an application by its number costs the same work whether somebody has it or nobody: both is read from
-- an index alone.
CREATE INDEX application_owner ON application (number, person_id);

-- The same for what was filled in and is no application yet, or never became one. A trigger writes the column, so that it
-- is right whichever program writes the rest; a generated column would be read from the row in any case.
ALTER TABLE intake ADD COLUMN claimant TEXT; -- IIN
UPDATE intake SET claimant = content ->> '$.claim.iin';
CREATE INDEX intake_claimant ON intake (number, stage, claimant) WHERE number IS NOT NULL;

CREATE TRIGGER intake_is_claimed AFTER UPDATE OF content ON intake
WHEN NEW.claimant IS NOT NEW.content ->> '$.claim.iin'
BEGIN
    UPDATE intake SET claimant = NEW.content ->> '$.claim.iin' WHERE id = NEW.id;
END;
