CREATE TABLE job (
    id                BLOB PRIMARY KEY NOT NULL,
    kind              TEXT NOT NULL,
    payload           TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stage             TEXT NOT NULL,
    done              INTEGER NOT NULL,
    total             INTEGER NOT NULL,
    -- Counts the claims, and so tells a worker from the one that took over its job.
    attempts          INTEGER NOT NULL,
    cancel_requested  INTEGER NOT NULL,
    lease_until       INTEGER,
    created_at        INTEGER NOT NULL,
    finished_at       INTEGER,
    error             TEXT
) STRICT;
CREATE INDEX job_state ON job (state, created_at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    role    TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object, id);
