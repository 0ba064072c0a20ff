DELETE FROM response_flag WHERE rule LIKE 'link\_%';
DELETE FROM quality_count WHERE rule LIKE 'link\_%';
ALTER TABLE quality_count DROP CONSTRAINT quality_count_rule_check;
ALTER TABLE quality_count ADD CONSTRAINT quality_count_rule_check CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector'));
ALTER TABLE response_flag DROP CONSTRAINT response_flag_rule_check;
ALTER TABLE response_flag ADD CONSTRAINT response_flag_rule_check CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector'));
