-- Rules for what comes by open links have names of their own.
ALTER TABLE quality_count DROP CONSTRAINT quality_count_rule_check;
ALTER TABLE quality_count ADD CONSTRAINT quality_count_rule_check CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector',
        'link_burst', 'link_copies', 'link_agreement'));
ALTER TABLE response_flag DROP CONSTRAINT response_flag_rule_check;
ALTER TABLE response_flag ADD CONSTRAINT response_flag_rule_check CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector',
        'link_burst', 'link_copies', 'link_agreement'));
