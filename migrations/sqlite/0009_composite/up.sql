-- A composite index has no survey of its own and its runs no wave: the columns that name them may be empty. SQLite changes no column in
-- place, so the three tables are made again; foreign keys are off meanwhile, and checked at the end.
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
    UNIQUE (code, version)
) STRICT;
INSERT INTO index_version_rebuilt SELECT id, code, version, sha256, document, survey_code, published_at, published_by FROM index_version;
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
    -- Two people: the database holds it too, whatever the code above it does.
    CHECK (approved_by <> submitted_by),
    CHECK (approved_by <> created_by)
) STRICT;
INSERT INTO run_rebuilt SELECT
    id, index_version_id, wave_id, state, preview, parameters, high_water_seq, high_water_event, seed, threads, created_by, created_at,
    started_at, finished_at, digest, manifest, error, submitted_by, submitted_at, approved_by, approved_at, published_by, published_at,
    withdrawn_by, withdrawn_at, withdrawn_reason, revision, since_run_id
FROM run;
DROP TABLE run;
ALTER TABLE run_rebuilt RENAME TO run;
CREATE INDEX run_wave ON run (wave_id, created_at);
CREATE INDEX run_created ON run (created_at);

CREATE TABLE edition_rebuilt (
    id             INTEGER PRIMARY KEY,
    code           TEXT NOT NULL UNIQUE,
    run_id         BLOB NOT NULL UNIQUE REFERENCES run (id),
    index_code     TEXT NOT NULL,
    index_version  TEXT NOT NULL,
    -- None: of a composite index.
    wave_code      TEXT,
    state          TEXT NOT NULL CHECK (state IN ('embargoed', 'published', 'withdrawn')),
    created_at     INTEGER NOT NULL,
    published_at   INTEGER,
    withdrawn_at   INTEGER,
    revision       INTEGER NOT NULL
) STRICT;
INSERT INTO edition_rebuilt SELECT
    id, code, run_id, index_code, index_version, wave_code, state, created_at, published_at, withdrawn_at, revision
FROM edition;
DROP TABLE edition;
ALTER TABLE edition_rebuilt RENAME TO edition;

-- Values of indicators as they were loaded; a better value later is another table.
CREATE TABLE indicator_table (
    id                INTEGER PRIMARY KEY,
    -- The index that it was loaded for, and the definition that it was checked against.
    index_version_id  INTEGER NOT NULL REFERENCES index_version (id),
    title             TEXT NOT NULL,
    -- Of the file as it came.
    sha256            BLOB NOT NULL,
    n_values          INTEGER NOT NULL,
    n_units           INTEGER NOT NULL,
    -- The editions that it has values of, as a JSON list.
    editions          TEXT NOT NULL,
    -- The warnings of loading it, as a JSON list.
    findings          TEXT NOT NULL,
    loaded_at         INTEGER NOT NULL,
    loaded_by         TEXT NOT NULL,
    UNIQUE (index_version_id, sha256)
) STRICT;

-- Every unit that the table knows in an edition, also those without a value.
CREATE TABLE indicator_unit (
    table_id  INTEGER NOT NULL REFERENCES indicator_table (id),
    edition   TEXT NOT NULL,
    unit      TEXT NOT NULL,
    PRIMARY KEY (table_id, edition, unit)
) STRICT;

-- What is said of a unit in words, such as its region.
CREATE TABLE indicator_attribute (
    table_id   INTEGER NOT NULL REFERENCES indicator_table (id),
    edition    TEXT NOT NULL,
    unit       TEXT NOT NULL,
    attribute  TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (table_id, edition, unit, attribute)
) STRICT;

CREATE TABLE indicator_value (
    table_id        INTEGER NOT NULL REFERENCES indicator_table (id),
    -- The place in the order of edition, unit, indicator and revision.
    ord             INTEGER NOT NULL,
    edition         TEXT NOT NULL,
    unit            TEXT NOT NULL,
    indicator       TEXT NOT NULL,
    -- Counts from 0; the highest is in force.
    revision        INTEGER NOT NULL,
    -- NULL: the source says that there is none.
    value           REAL,
    measured_in     TEXT,
    -- ISO 8601.
    date            TEXT,
    source          TEXT,
    status          TEXT NOT NULL CHECK (status IN ('published', 'derived', 'restated')),
    standard_error  REAL,
    df              REAL,
    n               INTEGER,
    PRIMARY KEY (table_id, ord),
    UNIQUE (table_id, edition, unit, indicator, revision)
) STRICT;

-- The tables that a run of a composite index lays over each other, in this order.
CREATE TABLE run_table (
    run_id    BLOB NOT NULL REFERENCES run (id),
    ord       INTEGER NOT NULL,
    table_id  INTEGER NOT NULL REFERENCES indicator_table (id),
    PRIMARY KEY (run_id, ord),
    UNIQUE (run_id, table_id)
) STRICT;

-- The runs of survey indices that measure leaves of a composite index.
CREATE TABLE run_survey (
    run_id         BLOB NOT NULL REFERENCES run (id),
    ord            INTEGER NOT NULL,
    survey_run_id  BLOB NOT NULL REFERENCES run (id),
    -- The edition that takes its values.
    edition        TEXT NOT NULL,
    PRIMARY KEY (run_id, ord),
    UNIQUE (run_id, survey_run_id, edition)
) STRICT;

CREATE TABLE composite_score (
    run_id   BLOB NOT NULL REFERENCES run (id),
    -- The row's place in the run's canonical order: edition, unit, node.
    ord      INTEGER NOT NULL,
    edition  TEXT NOT NULL,
    -- The code as tables have it, in the definition's code list.
    unit     TEXT NOT NULL,
    -- The unit of the registry, where it knows one by that code.
    unit_id  INTEGER REFERENCES unit (id),
    node     TEXT NOT NULL,
    score    REAL,
    se       REAL,
    df       REAL,
    lo       REAL,
    hi       REAL,
    rank     INTEGER,
    rank_lo  INTEGER,
    rank_hi  INTEGER,
    -- Of the root: from 0, the best.
    tier     INTEGER,
    -- Why the public does not see it.
    hidden   TEXT CHECK (hidden IN ('few_answers', 'protects_sibling', 'beyond_top')),
    PRIMARY KEY (run_id, ord)
) STRICT;
CREATE INDEX composite_score_node ON composite_score (run_id, node, ord);
CREATE INDEX composite_score_unit ON composite_score (run_id, unit, ord);

-- What else a run of a composite index came to, as JSON.
CREATE TABLE composite_report (
    run_id    BLOB NOT NULL REFERENCES run (id),
    kind      TEXT NOT NULL CHECK (kind IN ('findings', 'stages', 'weights', 'targets', 'uncertainty', 'sensitivity')),
    document  TEXT NOT NULL,
    PRIMARY KEY (run_id, kind)
) STRICT;
