CREATE TABLE job (
    id                BYTEA PRIMARY KEY,
    kind              TEXT NOT NULL,
    payload           TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stage             TEXT NOT NULL,
    done              BIGINT NOT NULL,
    total             BIGINT NOT NULL,
    -- Counts the claims, and so tells a worker from the one that took over its job.
    attempts          INTEGER NOT NULL,
    cancel_requested  BOOLEAN NOT NULL,
    lease_until       BIGINT,
    created_at        BIGINT NOT NULL,
    finished_at       BIGINT,
    error             TEXT
);
CREATE INDEX job_state ON job (state, created_at);

CREATE TABLE audit (
    id      BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    role    TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX audit_object ON audit (object, id);
