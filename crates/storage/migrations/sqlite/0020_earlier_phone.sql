-- The telephone number of before: it goes on getting notices for a while after it was changed or removed.

ALTER TABLE person ADD COLUMN earlier_phone TEXT;
ALTER TABLE person ADD COLUMN earlier_phone_until INTEGER;
