-- Whether answers by link need an invitation.
ALTER TABLE wave ADD COLUMN invitations TEXT NOT NULL DEFAULT 'accepted' CHECK (invitations IN ('accepted', 'required'));

-- A dossier that was invited to answer, by a keyed hash. Once its token was used nothing of the token is left here, and what was used
-- says nothing of the dossier; no order of rows tells which belong together.
CREATE TABLE invitation (
    wave_id       INTEGER NOT NULL REFERENCES wave (id),
    dossier_hash  BLOB NOT NULL CHECK (length(dossier_hash) = 32),
    -- The unit that may be rated; null once it was used, as are the two below.
    unit_id       INTEGER REFERENCES unit (id),
    token_hash    BLOB UNIQUE CHECK (length(token_hash) = 32),
    expires_at    INTEGER,
    PRIMARY KEY (wave_id, dossier_hash)
) STRICT, WITHOUT ROWID;

-- Tokens that were used.
CREATE TABLE invitation_spent (
    token_hash  BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    wave_id     INTEGER NOT NULL REFERENCES wave (id)
) STRICT, WITHOUT ROWID;

-- Responses that came by an invitation: that they did, and not by which.
CREATE TABLE response_invited (
    response_seq  INTEGER PRIMARY KEY NOT NULL REFERENCES response (seq)
) STRICT;
