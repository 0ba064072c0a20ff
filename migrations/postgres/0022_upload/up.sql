-- A file of records that somebody uploaded, as it came, until it is imported or a day has passed. Its id is random and stands in addresses; only
-- whoever uploaded it is shown it.
CREATE TABLE upload (
    id          BYTEA PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    wave_id     INTEGER NOT NULL REFERENCES wave (id),
    name        TEXT NOT NULL,
    content     BYTEA NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX upload_created ON upload (created_by, created_at);
