DROP TABLE change;
ALTER TABLE run DROP COLUMN since_run_id;
ALTER TABLE score DROP COLUMN thin;
ALTER TABLE score DROP COLUMN model_rmse;
ALTER TABLE score DROP COLUMN model_est;
ALTER TABLE score DROP COLUMN p_top;
ALTER TABLE score DROP COLUMN rank_joint_hi;
ALTER TABLE score DROP COLUMN rank_joint_lo;
