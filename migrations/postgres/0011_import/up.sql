-- What the database keeps for itself, such as the secret that keys of imported records are hashed with.
CREATE TABLE setting (
    name   TEXT PRIMARY KEY NOT NULL,
    value  BYTEA NOT NULL
);

-- The ids of imported records followed from wave and key before. Responses up to this number are still found by them; none after it.
CREATE TABLE import_before (
    seq  BIGINT NOT NULL
);
INSERT INTO import_before (seq) SELECT COALESCE(MAX(seq), 0) FROM response;

-- A file of records that was imported, or several under one name.
CREATE TABLE import_batch (
    id          INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wave_id     INTEGER NOT NULL REFERENCES wave (id),
    name        TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (wave_id, name)
);

-- Which response a record became. Its key is kept as a keyed hash only.
CREATE TABLE import_record (
    wave_id      INTEGER NOT NULL REFERENCES wave (id),
    key_hash     BYTEA NOT NULL CHECK (length(key_hash) = 32),
    -- Counts from 1; each supersedes the one before.
    version      INTEGER NOT NULL CHECK (version > 0),
    response_id  BYTEA NOT NULL UNIQUE CHECK (length(response_id) = 16),
    -- The batch that brought it.
    batch_id     INTEGER NOT NULL REFERENCES import_batch (id),
    PRIMARY KEY (wave_id, key_hash, version)
);
CREATE INDEX import_record_batch ON import_record (batch_id);
