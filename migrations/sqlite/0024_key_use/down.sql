ALTER TABLE api_key DROP COLUMN used_at;
ALTER TABLE api_key DROP COLUMN expires_at;
