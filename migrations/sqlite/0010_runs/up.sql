-- Indices and runs say which kind they are; before, an empty column told it. SQLite adds no column whose rule the rows of before break,
-- so both tables are made again; foreign keys are off meanwhile, and checked at the end.
CREATE TABLE index_version_rebuilt (
    id            INTEGER PRIMARY KEY,
    code          TEXT NOT NULL,
    version       TEXT NOT NULL,
    sha256        BLOB NOT NULL,
    document      TEXT NOT NULL,
    -- The survey whose answers it uses; none: a composite index.
    survey_code   TEXT,
    published_at  INTEGER NOT NULL,
    published_by  TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('survey', 'composite') AND (kind = 'survey') = (survey_code IS NOT NULL)),
    UNIQUE (code, version)
) STRICT;
INSERT INTO index_version_rebuilt SELECT
    id, code, version, sha256, document, survey_code, published_at, published_by,
    CASE WHEN survey_code IS NULL THEN 'composite' ELSE 'survey' END
FROM index_version;
DROP TABLE index_version;
ALTER TABLE index_version_rebuilt RENAME TO index_version;

CREATE TABLE run_rebuilt (
    id                BLOB PRIMARY KEY NOT NULL,
    index_version_id  INTEGER NOT NULL REFERENCES index_version (id),
    -- None: a run of a composite index.
    wave_id           INTEGER REFERENCES wave (id),
    state             TEXT NOT NULL CHECK (state IN
        ('queued', 'running', 'cancelled', 'failed', 'draft', 'submitted', 'approved', 'published', 'withdrawn')),
    preview           INTEGER NOT NULL,
    parameters        TEXT NOT NULL,
    -- What the run may see: responses up to this number, less those ended up to this event.
    high_water_seq    INTEGER NOT NULL,
    high_water_event  INTEGER NOT NULL,
    seed              INTEGER NOT NULL,
    threads           INTEGER,
    created_by        TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    started_at        INTEGER,
    finished_at       INTEGER,
    digest            BLOB,
    manifest          TEXT,
    error             TEXT,
    submitted_by      TEXT,
    submitted_at      INTEGER,
    approved_by       TEXT,
    approved_at       INTEGER,
    published_by      TEXT,
    published_at      INTEGER,
    withdrawn_by      TEXT,
    withdrawn_at      INTEGER,
    withdrawn_reason  TEXT,
    revision          INTEGER NOT NULL,
    -- The run that this one is compared with.
    since_run_id      BLOB REFERENCES run (id),
    kind              TEXT NOT NULL CHECK (kind IN ('survey', 'composite') AND (kind = 'survey') = (wave_id IS NOT NULL)),
    -- Two people: the database holds it too, whatever the code above it does.
    CHECK (approved_by <> submitted_by),
    CHECK (approved_by <> created_by)
) STRICT;
INSERT INTO run_rebuilt SELECT
    id, index_version_id, wave_id, state, preview, parameters, high_water_seq, high_water_event, seed, threads, created_by, created_at,
    started_at, finished_at, digest, manifest, error, submitted_by, submitted_at, approved_by, approved_at, published_by, published_at,
    withdrawn_by, withdrawn_at, withdrawn_reason, revision, since_run_id,
    CASE WHEN wave_id IS NULL THEN 'composite' ELSE 'survey' END
FROM run;
DROP TABLE run;
ALTER TABLE run_rebuilt RENAME TO run;
CREATE INDEX run_wave ON run (wave_id, created_at);
CREATE INDEX run_created ON run (created_at);
