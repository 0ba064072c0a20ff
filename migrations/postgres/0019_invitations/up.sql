-- Whether answers by link need an invitation.
ALTER TABLE wave ADD COLUMN invitations TEXT NOT NULL DEFAULT 'accepted' CHECK (invitations IN ('accepted', 'required'));

-- A dossier that was invited to answer, by a keyed hash. Once its token was used nothing of the token is left here, and what was used
-- says nothing of the dossier; no order of rows tells which belong together.
CREATE TABLE invitation (
    wave_id       INTEGER NOT NULL REFERENCES wave (id),
    dossier_hash  BYTEA NOT NULL CHECK (length(dossier_hash) = 32),
    -- The unit that may be rated; null once it was used, as are the two below.
    unit_id       INTEGER REFERENCES unit (id),
    token_hash    BYTEA UNIQUE CHECK (length(token_hash) = 32),
    expires_at    BIGINT,
    PRIMARY KEY (wave_id, dossier_hash)
);

-- Tokens that were used.
CREATE TABLE invitation_spent (
    token_hash  BYTEA PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    wave_id     INTEGER NOT NULL REFERENCES wave (id)
);

-- Responses that came by an invitation: that they did, and not by which.
CREATE TABLE response_invited (
    response_seq  BIGINT PRIMARY KEY NOT NULL REFERENCES response (seq)
);
