-- Persons: whoever decides is one, whatever keys they hold.
CREATE TABLE person (
    id           INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The name as it is compared: composed, without case and surplus spaces.
    login        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    -- The roles that they may log in as, joined by commas; none of one who holds keys only.
    roles        TEXT NOT NULL,
    unit_id      INTEGER REFERENCES unit (id),
    created_at   BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    -- Since when nothing of theirs opens anything.
    disabled_at  BIGINT
);

-- A key belongs to a person, or else to a device or a service.
ALTER TABLE api_key ADD COLUMN person_id INTEGER REFERENCES person (id);

-- Of before: the name of a key that decides stands for its person.
INSERT INTO person (login, name, roles, created_at, created_by)
SELECT lower(trim(name)), min(trim(name)), '', min(created_at), min(created_by) FROM api_key
WHERE role IN ('statistician', 'publisher', 'auditor', 'admin') GROUP BY lower(trim(name));
UPDATE api_key SET person_id = (SELECT id FROM person WHERE login = lower(trim(api_key.name)))
WHERE role IN ('statistician', 'publisher', 'auditor', 'admin');

-- Which person took which step of a run. No row, or nothing: it was no person but the operator of the machine.
CREATE TABLE run_person (
    run_id        BYTEA PRIMARY KEY NOT NULL REFERENCES run (id),
    created_by    INTEGER REFERENCES person (id),
    submitted_by  INTEGER REFERENCES person (id),
    approved_by   INTEGER REFERENCES person (id),
    published_by  INTEGER REFERENCES person (id),
    -- Two persons: the database holds it too, whatever the code above it does.
    CHECK (approved_by <> created_by),
    CHECK (approved_by <> submitted_by),
    CHECK (published_by <> created_by),
    CHECK (published_by <> submitted_by)
);
INSERT INTO run_person (run_id, created_by, submitted_by)
SELECT run.id,
    (SELECT k.person_id FROM api_key k WHERE run.created_by = k.name || '#' || k.id),
    (SELECT k.person_id FROM api_key k WHERE run.submitted_by = k.name || '#' || k.id)
FROM run;

-- What one person proposes and another confirms.
CREATE TABLE proposal (
    id               INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind             TEXT NOT NULL CHECK (kind IN ('response.exclude', 'flag.lift', 'key.issue', 'person.invite')),
    -- To what: the id of a response, the name of a person.
    object           TEXT NOT NULL,
    -- What its confirmation needs, as JSON; nothing of it is shown.
    detail           TEXT NOT NULL,
    reason           TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'rejected')),
    proposed_by      TEXT NOT NULL,
    proposed_person  INTEGER REFERENCES person (id),
    proposed_at      BIGINT NOT NULL,
    decided_by       TEXT,
    decided_person   INTEGER REFERENCES person (id),
    decided_at       BIGINT,
    CHECK (state <> 'confirmed' OR decided_by <> proposed_by),
    CHECK (state <> 'confirmed' OR decided_person <> proposed_person)
);
CREATE INDEX proposal_state ON proposal (state, id);

-- Flags that count no more: two persons looked at the response and found nothing wrong with it.
CREATE TABLE flag_lift (
    id             INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    response_seq   BIGINT NOT NULL REFERENCES response (seq),
    rule           TEXT NOT NULL,
    proposal_id    INTEGER NOT NULL REFERENCES proposal (id),
    UNIQUE (evaluation_id, response_seq, rule)
);

-- The last lift that a run knows of: part of its frozen inputs.
ALTER TABLE run_without_flagged ADD COLUMN lifts_up_to INTEGER NOT NULL DEFAULT 0;
