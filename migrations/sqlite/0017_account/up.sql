-- What persons log in with. Of passwords and codes of enrolment there are digests; the secret of the one-time codes is kept as it is, since
-- the server must make them too.
CREATE TABLE credential (
    person_id      INTEGER PRIMARY KEY NOT NULL REFERENCES person (id),
    password_hash  TEXT,
    totp_secret    BLOB,
    -- The last step whose code was used.
    totp_step      INTEGER NOT NULL,
    enrol_hash     BLOB,
    enrol_until    INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    locked_until   INTEGER NOT NULL
) STRICT;

-- Sessions of persons, each in one role, by the digest of their secret.
CREATE TABLE session (
    hash        BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    person_id   INTEGER NOT NULL REFERENCES person (id),
    role        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;
CREATE INDEX session_person ON session (person_id);
