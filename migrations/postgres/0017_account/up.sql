-- What persons log in with. Of passwords and codes of enrolment there are digests; the secret of the one-time codes is kept as it is, since
-- the server must make them too.
CREATE TABLE credential (
    person_id      INTEGER PRIMARY KEY NOT NULL REFERENCES person (id),
    password_hash  TEXT,
    totp_secret    BYTEA,
    -- The last step whose code was used.
    totp_step      BIGINT NOT NULL,
    enrol_hash     BYTEA,
    enrol_until    BIGINT NOT NULL,
    failures       INTEGER NOT NULL,
    locked_until   BIGINT NOT NULL
);

-- Sessions of persons, each in one role, by the digest of their secret.
CREATE TABLE session (
    hash        BYTEA PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    person_id   INTEGER NOT NULL REFERENCES person (id),
    role        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX session_person ON session (person_id);
