DROP TABLE run_units;
-- A unit is again what it was last.
UPDATE unit SET kind = last.kind, name_vi = last.name_vi, name_en = last.name_en, parent_id = last.parent_id, valid_to = last.valid_to
FROM (SELECT DISTINCT ON (unit_id) * FROM unit_revision ORDER BY unit_id, change_id DESC) AS last
WHERE last.unit_id = unit.id;
DROP TABLE unit_revision;
ALTER TABLE unit_succession DROP COLUMN change_id;
ALTER TABLE unit DROP COLUMN change_id;
DROP TABLE unit_change;
