DROP TABLE wave_salt;
DROP TABLE run_disclosure;
DROP TABLE score_standing;
ALTER TABLE change DROP COLUMN shown;
ALTER TABLE score DROP COLUMN hidden;
