ALTER TABLE run_without_flagged DROP COLUMN lifts_up_to;
DROP TABLE flag_lift;
DROP TABLE proposal;
DROP TABLE run_person;
ALTER TABLE api_key DROP COLUMN person_id;
DROP TABLE person;
