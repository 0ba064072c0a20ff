-- A composite index has no survey of its own and its runs no wave: the columns that name them may be empty.
ALTER TABLE index_version ALTER COLUMN survey_code DROP NOT NULL;
ALTER TABLE run ALTER COLUMN wave_id DROP NOT NULL;
ALTER TABLE edition ALTER COLUMN wave_code DROP NOT NULL;

-- Values of indicators as they were loaded; a better value later is another table.
CREATE TABLE indicator_table (
    id                INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The index that it was loaded for, and the definition that it was checked against.
    index_version_id  INTEGER NOT NULL REFERENCES index_version (id),
    title             TEXT NOT NULL,
    -- Of the file as it came.
    sha256            BYTEA NOT NULL,
    n_values          INTEGER NOT NULL,
    n_units           INTEGER NOT NULL,
    -- The editions that it has values of, as a JSON list.
    editions          TEXT NOT NULL,
    -- The warnings of loading it, as a JSON list.
    findings          TEXT NOT NULL,
    loaded_at         BIGINT NOT NULL,
    loaded_by         TEXT NOT NULL,
    UNIQUE (index_version_id, sha256)
);

-- Every unit that the table knows in an edition, also those without a value.
CREATE TABLE indicator_unit (
    table_id  INTEGER NOT NULL REFERENCES indicator_table (id),
    edition   TEXT NOT NULL,
    unit      TEXT NOT NULL,
    PRIMARY KEY (table_id, edition, unit)
);

-- What is said of a unit in words, such as its region.
CREATE TABLE indicator_attribute (
    table_id   INTEGER NOT NULL REFERENCES indicator_table (id),
    edition    TEXT NOT NULL,
    unit       TEXT NOT NULL,
    attribute  TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (table_id, edition, unit, attribute)
);

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
    value           DOUBLE PRECISION,
    measured_in     TEXT,
    -- ISO 8601.
    date            TEXT,
    source          TEXT,
    status          TEXT NOT NULL CHECK (status IN ('published', 'derived', 'restated')),
    standard_error  DOUBLE PRECISION,
    df              DOUBLE PRECISION,
    n               BIGINT,
    PRIMARY KEY (table_id, ord),
    UNIQUE (table_id, edition, unit, indicator, revision)
);

-- The tables that a run of a composite index lays over each other, in this order.
CREATE TABLE run_table (
    run_id    BYTEA NOT NULL REFERENCES run (id),
    ord       INTEGER NOT NULL,
    table_id  INTEGER NOT NULL REFERENCES indicator_table (id),
    PRIMARY KEY (run_id, ord),
    UNIQUE (run_id, table_id)
);

-- The runs of survey indices that measure leaves of a composite index.
CREATE TABLE run_survey (
    run_id         BYTEA NOT NULL REFERENCES run (id),
    ord            INTEGER NOT NULL,
    survey_run_id  BYTEA NOT NULL REFERENCES run (id),
    -- The edition that takes its values.
    edition        TEXT NOT NULL,
    PRIMARY KEY (run_id, ord),
    UNIQUE (run_id, survey_run_id, edition)
);

CREATE TABLE composite_score (
    run_id   BYTEA NOT NULL REFERENCES run (id),
    -- The row's place in the run's canonical order: edition, unit, node.
    ord      INTEGER NOT NULL,
    edition  TEXT NOT NULL,
    -- The code as tables have it, in the definition's code list.
    unit     TEXT NOT NULL,
    -- The unit of the registry, where it knows one by that code.
    unit_id  INTEGER REFERENCES unit (id),
    node     TEXT NOT NULL,
    score    DOUBLE PRECISION,
    se       DOUBLE PRECISION,
    df       DOUBLE PRECISION,
    lo       DOUBLE PRECISION,
    hi       DOUBLE PRECISION,
    rank     INTEGER,
    rank_lo  INTEGER,
    rank_hi  INTEGER,
    -- Of the root: from 0, the best.
    tier     INTEGER,
    -- Why the public does not see it.
    hidden   TEXT CHECK (hidden IN ('few_answers', 'protects_sibling', 'beyond_top')),
    PRIMARY KEY (run_id, ord)
);
CREATE INDEX composite_score_node ON composite_score (run_id, node, ord);
CREATE INDEX composite_score_unit ON composite_score (run_id, unit, ord);

-- What else a run of a composite index came to, as JSON.
CREATE TABLE composite_report (
    run_id    BYTEA NOT NULL REFERENCES run (id),
    kind      TEXT NOT NULL CHECK (kind IN ('findings', 'stages', 'weights', 'targets', 'uncertainty', 'sensitivity')),
    document  TEXT NOT NULL,
    PRIMARY KEY (run_id, kind)
);
