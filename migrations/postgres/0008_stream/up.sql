-- How responses cluster where no design says so; a wave that has it is an 'element' design to releases that do not know it.
ALTER TABLE wave ADD COLUMN cluster_by TEXT CHECK (cluster_by IN ('device_day'));

-- How many could have answered a wave that nobody was drawn for. What is known better later is a new version.
CREATE TABLE response_chain (
    wave_id      INTEGER NOT NULL REFERENCES wave (id),
    version      INTEGER NOT NULL,
    customers    BIGINT,
    invitations  BIGINT,
    reason       TEXT,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (wave_id, version),
    CHECK (reason IS NOT NULL OR (customers IS NOT NULL AND invitations IS NOT NULL))
);

-- One look at a wave's responses by a set of rules, with what it may see frozen, as a run has it.
CREATE TABLE quality_evaluation (
    id                INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wave_id           INTEGER NOT NULL REFERENCES wave (id),
    -- From 1 within its wave.
    version           INTEGER NOT NULL,
    rules_code        TEXT NOT NULL,
    rules_version     TEXT NOT NULL,
    rules_sha256      BYTEA NOT NULL,
    rules             TEXT NOT NULL,
    high_water_seq    BIGINT NOT NULL,
    high_water_event  BIGINT NOT NULL,
    created_by        TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    finished_at       BIGINT,
    responses         BIGINT,
    flagged           BIGINT,
    error             TEXT,
    UNIQUE (wave_id, version)
);

CREATE TABLE quality_count (
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    rule           TEXT NOT NULL CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector')),
    judged         BIGINT NOT NULL,
    flagged        BIGINT NOT NULL,
    PRIMARY KEY (evaluation_id, rule)
);

CREATE TABLE response_flag (
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    response_seq   BIGINT NOT NULL REFERENCES response (seq),
    rule           TEXT NOT NULL CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector')),
    -- What was measured; nothing of the answers.
    detail         TEXT NOT NULL,
    PRIMARY KEY (evaluation_id, response_seq, rule)
);
CREATE INDEX response_flag_response ON response_flag (response_seq);

-- A run that leaves out what an evaluation flagged.
CREATE TABLE run_without_flagged (
    run_id         BYTEA PRIMARY KEY REFERENCES run (id),
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    -- The names of the rules whose flags count, joined by commas.
    rules          TEXT NOT NULL
);
