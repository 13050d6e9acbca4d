-- Since when the telephone number counts; NULL where it always did: from a file, or confirmed before this was recorded.
-- A number that was hers for a few days only is not told of anything once it is gone.

ALTER TABLE person ADD COLUMN phone_since INTEGER;
