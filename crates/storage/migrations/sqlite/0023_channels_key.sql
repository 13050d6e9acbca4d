-- With what evidence makes its digests of addresses and telephones. Made here, so that there is no moment without one.
INSERT INTO server_secret (name, value) VALUES ('channels', randomblob(32)) ON CONFLICT DO NOTHING;
