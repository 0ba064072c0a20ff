CREATE TABLE wave (
    id               INTEGER PRIMARY KEY,
    code             TEXT NOT NULL UNIQUE,
    survey_code      TEXT NOT NULL,
    title            TEXT NOT NULL,
    mode             TEXT NOT NULL CHECK (mode IN ('probability_sample', 'transaction_stream', 'opt_in')),
    frame_label      TEXT NOT NULL,
    unit_list        TEXT NOT NULL,
    opens_at         INTEGER NOT NULL,
    closes_at        INTEGER,
    -- Weights are whole numbers of 10^-weight_exponent.
    weight_exponent  INTEGER NOT NULL CHECK (weight_exponent BETWEEN 0 AND 12),
    design_kind      TEXT NOT NULL CHECK (design_kind IN ('element', 'cluster')),
    fpc              INTEGER NOT NULL,
    synthetic        INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    created_by       TEXT NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE design_psu (
    wave_id       INTEGER NOT NULL REFERENCES wave (id),
    -- From 1 within its wave; 0 stands for "no PSU" in a response.
    id            INTEGER NOT NULL CHECK (id > 0),
    code          TEXT NOT NULL,
    stratum       TEXT NOT NULL,
    -- How many PSUs the stratum's population has.
    fpc           INTEGER,
    area_unit_id  INTEGER REFERENCES unit (id),
    weight_u      INTEGER,
    PRIMARY KEY (wave_id, id),
    UNIQUE (wave_id, code)
) STRICT;

CREATE TABLE design_respondent (
    wave_id     INTEGER NOT NULL REFERENCES wave (id),
    respondent  TEXT NOT NULL,
    psu_id      INTEGER,
    weight_u    INTEGER NOT NULL,
    PRIMARY KEY (wave_id, respondent),
    FOREIGN KEY (wave_id, psu_id) REFERENCES design_psu (wave_id, id)
) STRICT;
