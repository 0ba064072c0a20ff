ALTER TABLE score ADD COLUMN rank_joint_lo INTEGER;
ALTER TABLE score ADD COLUMN rank_joint_hi INTEGER;
ALTER TABLE score ADD COLUMN p_top DOUBLE PRECISION;
ALTER TABLE score ADD COLUMN model_est DOUBLE PRECISION;
ALTER TABLE score ADD COLUMN model_rmse DOUBLE PRECISION;
ALTER TABLE score ADD COLUMN thin BOOLEAN NOT NULL DEFAULT FALSE;

-- The run that this one is compared with.
ALTER TABLE run ADD COLUMN since_run_id BYTEA REFERENCES run (id);

-- How a score moved since the run that its run names.
CREATE TABLE change (
    run_id       BYTEA NOT NULL,
    ord          INTEGER NOT NULL,
    before       DOUBLE PRECISION NOT NULL,
    difference   DOUBLE PRECISION NOT NULL,
    se           DOUBLE PRECISION NOT NULL,
    df           DOUBLE PRECISION NOT NULL,
    p            DOUBLE PRECISION,
    p_holm       DOUBLE PRECISION,
    rank_before  INTEGER,
    -- The interval of the number of ranks gained; negative where ranks were lost.
    rise_lo      INTEGER,
    rise_hi      INTEGER,
    PRIMARY KEY (run_id, ord),
    FOREIGN KEY (run_id, ord) REFERENCES score (run_id, ord)
);
