CREATE TABLE api_key (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    hash        BLOB NOT NULL UNIQUE,
    unit_id     INTEGER REFERENCES unit (id),
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    revoked_at  INTEGER
) STRICT;

-- One row a response. Whatever the scan does not read lives in `submission` and `free_text`.
CREATE TABLE response (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE,
    wave_id        INTEGER NOT NULL REFERENCES wave (id),
    version_id     INTEGER NOT NULL REFERENCES survey_version (id),
    unit_id        INTEGER NOT NULL REFERENCES unit (id),
    psu_id         INTEGER NOT NULL,
    weight_u       INTEGER NOT NULL,
    channel        INTEGER NOT NULL,
    device_key_id  INTEGER REFERENCES api_key (id),
    started_at     INTEGER,
    answered_at    INTEGER,
    received_at    INTEGER NOT NULL,
    -- 0 valid, 1 invalid, 2 quarantined: settled on arrival, never changed.
    state          INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    -- The first event that ended it. Written with that event, in one transaction.
    ended_event    INTEGER,
    -- Set when the answers were erased at the respondent's wish.
    withdrawn_at   INTEGER,
    body_sha256    BLOB NOT NULL,
    answers        BLOB NOT NULL
) STRICT;
-- The scan: one wave, in the order of arrival.
CREATE INDEX response_wave ON response (wave_id, seq);

CREATE TABLE submission (
    response_seq  INTEGER PRIMARY KEY REFERENCES response (seq),
    body          BLOB NOT NULL,
    findings      TEXT
) STRICT;

CREATE TABLE free_text (
    response_seq  INTEGER NOT NULL REFERENCES response (seq),
    item          TEXT NOT NULL,
    text          TEXT NOT NULL,
    PRIMARY KEY (response_seq, item)
) STRICT;

CREATE TABLE response_event (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    response_seq  INTEGER NOT NULL REFERENCES response (seq),
    kind          TEXT NOT NULL CHECK (kind IN ('withdrawn', 'superseded', 'excluded')),
    at            INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    -- The correction that took its place.
    successor_seq INTEGER REFERENCES response (seq)
) STRICT;
CREATE INDEX response_event_response ON response_event (response_seq);
