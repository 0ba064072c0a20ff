CREATE TABLE api_key (
    id          INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    hash        BYTEA NOT NULL UNIQUE,
    unit_id     INTEGER REFERENCES unit (id),
    created_at  BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    revoked_at  BIGINT
);

-- One row a response. Whatever the scan does not read lives in `submission` and `free_text`.
CREATE TABLE response (
    seq            BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             BYTEA NOT NULL UNIQUE,
    wave_id        INTEGER NOT NULL REFERENCES wave (id),
    version_id     INTEGER NOT NULL REFERENCES survey_version (id),
    unit_id        INTEGER NOT NULL REFERENCES unit (id),
    psu_id         INTEGER NOT NULL,
    weight_u       BIGINT NOT NULL,
    channel        SMALLINT NOT NULL,
    device_key_id  INTEGER REFERENCES api_key (id),
    started_at     BIGINT,
    answered_at    BIGINT,
    received_at    BIGINT NOT NULL,
    -- 0 valid, 1 invalid, 2 quarantined: settled on arrival, never changed.
    state          SMALLINT NOT NULL CHECK (state IN (0, 1, 2)),
    -- The first event that ended it. Written with that event, in one transaction.
    ended_event    BIGINT,
    -- Set when the answers were erased at the respondent's wish.
    withdrawn_at   BIGINT,
    body_sha256    BYTEA NOT NULL,
    answers        BYTEA NOT NULL
);
-- The scan: one wave, in the order of arrival.
CREATE INDEX response_wave ON response (wave_id, seq);

CREATE TABLE submission (
    response_seq  BIGINT PRIMARY KEY REFERENCES response (seq),
    body          BYTEA NOT NULL,
    findings      TEXT
);

CREATE TABLE free_text (
    response_seq  BIGINT NOT NULL REFERENCES response (seq),
    item          TEXT NOT NULL,
    text          TEXT NOT NULL,
    PRIMARY KEY (response_seq, item)
);

CREATE TABLE response_event (
    id            BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    response_seq  BIGINT NOT NULL REFERENCES response (seq),
    kind          TEXT NOT NULL CHECK (kind IN ('withdrawn', 'superseded', 'excluded')),
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    -- The correction that took its place.
    successor_seq BIGINT REFERENCES response (seq)
);
CREATE INDEX response_event_response ON response_event (response_seq);
