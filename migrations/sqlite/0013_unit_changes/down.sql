DROP TABLE run_units;
-- A unit is again what it was last.
UPDATE unit SET (kind, name_vi, name_en, parent_id, valid_to) = (
    SELECT kind, name_vi, name_en, parent_id, valid_to FROM unit_revision
    WHERE unit_id = unit.id ORDER BY change_id DESC LIMIT 1)
WHERE id IN (SELECT unit_id FROM unit_revision);
DROP TABLE unit_revision;
ALTER TABLE unit_succession DROP COLUMN change_id;
ALTER TABLE unit DROP COLUMN change_id;
DROP TABLE unit_change;
