-- Indices and runs say which kind they are; before, an empty column told it.
ALTER TABLE index_version ADD COLUMN kind TEXT;
UPDATE index_version SET kind = CASE WHEN survey_code IS NULL THEN 'composite' ELSE 'survey' END;
ALTER TABLE index_version
    ALTER COLUMN kind SET NOT NULL,
    ADD CHECK (kind IN ('survey', 'composite') AND (kind = 'survey') = (survey_code IS NOT NULL));
ALTER TABLE run ADD COLUMN kind TEXT;
UPDATE run SET kind = CASE WHEN wave_id IS NULL THEN 'composite' ELSE 'survey' END;
ALTER TABLE run
    ALTER COLUMN kind SET NOT NULL,
    ADD CHECK (kind IN ('survey', 'composite') AND (kind = 'survey') = (wave_id IS NOT NULL));
