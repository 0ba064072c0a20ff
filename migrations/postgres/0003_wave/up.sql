CREATE TABLE wave (
    id               INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             TEXT NOT NULL UNIQUE,
    survey_code      TEXT NOT NULL,
    title            TEXT NOT NULL,
    mode             TEXT NOT NULL CHECK (mode IN ('probability_sample', 'transaction_stream', 'opt_in')),
    frame_label      TEXT NOT NULL,
    unit_list        TEXT NOT NULL,
    opens_at         BIGINT NOT NULL,
    closes_at        BIGINT,
    -- Weights are whole numbers of 10^-weight_exponent.
    weight_exponent  SMALLINT NOT NULL CHECK (weight_exponent BETWEEN 0 AND 12),
    design_kind      TEXT NOT NULL CHECK (design_kind IN ('element', 'cluster')),
    fpc              BOOLEAN NOT NULL,
    synthetic        BOOLEAN NOT NULL,
    revision         BIGINT NOT NULL,
    created_by       TEXT NOT NULL,
    created_at       BIGINT NOT NULL
);

CREATE TABLE design_psu (
    wave_id       INTEGER NOT NULL REFERENCES wave (id),
    -- From 1 within its wave; 0 stands for "no PSU" in a response.
    id            INTEGER NOT NULL CHECK (id > 0),
    code          TEXT NOT NULL,
    stratum       TEXT NOT NULL,
    -- How many PSUs the stratum's population has.
    fpc           BIGINT,
    area_unit_id  INTEGER REFERENCES unit (id),
    weight_u      BIGINT,
    PRIMARY KEY (wave_id, id),
    UNIQUE (wave_id, code)
);

CREATE TABLE design_respondent (
    wave_id     INTEGER NOT NULL REFERENCES wave (id),
    respondent  TEXT NOT NULL,
    psu_id      INTEGER,
    weight_u    BIGINT NOT NULL,
    PRIMARY KEY (wave_id, respondent),
    FOREIGN KEY (wave_id, psu_id) REFERENCES design_psu (wave_id, id)
);
