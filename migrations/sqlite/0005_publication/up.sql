CREATE TABLE run (
    id                BLOB PRIMARY KEY NOT NULL,
    index_version_id  INTEGER NOT NULL REFERENCES index_version (id),
    wave_id           INTEGER NOT NULL REFERENCES wave (id),
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
    -- Two people: the database holds it too, whatever the code above it does.
    CHECK (approved_by <> submitted_by),
    CHECK (approved_by <> created_by)
) STRICT;
CREATE INDEX run_wave ON run (wave_id, created_at);
CREATE INDEX run_created ON run (created_at);

CREATE TABLE score (
    run_id       BLOB NOT NULL REFERENCES run (id),
    -- The row's place in the run's canonical order.
    ord          INTEGER NOT NULL,
    node         TEXT NOT NULL,
    domain_kind  TEXT NOT NULL,
    domain_key   TEXT NOT NULL,
    unit_id      INTEGER REFERENCES unit (id),
    area_id      INTEGER REFERENCES unit (id),
    item_code    TEXT,
    option_code  TEXT,
    est          REAL,
    se           REAL,
    lo           REAL,
    hi           REAL,
    n            INTEGER NOT NULL,
    n_psu        INTEGER NOT NULL,
    df           REAL,
    deff         REAL,
    weight_sum   REAL NOT NULL,
    rank         INTEGER,
    rank_lo      INTEGER,
    rank_hi      INTEGER,
    suppressed   INTEGER NOT NULL,
    PRIMARY KEY (run_id, ord)
) STRICT;
CREATE INDEX score_node ON score (run_id, node, ord);
CREATE INDEX score_unit ON score (run_id, unit_id, ord);

CREATE TABLE edition (
    id             INTEGER PRIMARY KEY,
    code           TEXT NOT NULL UNIQUE,
    run_id         BLOB NOT NULL UNIQUE REFERENCES run (id),
    index_code     TEXT NOT NULL,
    index_version  TEXT NOT NULL,
    wave_code      TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('embargoed', 'published', 'withdrawn')),
    created_at     INTEGER NOT NULL,
    published_at   INTEGER,
    withdrawn_at   INTEGER,
    revision       INTEGER NOT NULL
) STRICT;
