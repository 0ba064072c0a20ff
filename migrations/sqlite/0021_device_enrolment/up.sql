-- A device that an office lets join: whoever shows the secret, once and in time, gets a key for it. Rows stay: a key says who let it in.
CREATE TABLE device_enrolment (
    id           INTEGER PRIMARY KEY NOT NULL,
    secret_hash  BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    name         TEXT NOT NULL,
    wave_id      INTEGER NOT NULL REFERENCES wave (id),
    unit_id      INTEGER NOT NULL REFERENCES unit (id),
    -- Codes of the sections that it offers, with commas between them; empty: all of them.
    sections     TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER,
    key_id       INTEGER REFERENCES api_key (id),
    CHECK ((used_at IS NULL) = (key_id IS NULL))
) STRICT;
