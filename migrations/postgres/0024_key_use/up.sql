-- Until when a key opens anything; none: until it is revoked. When it was last used, to a few minutes.
ALTER TABLE api_key ADD COLUMN expires_at BIGINT;
ALTER TABLE api_key ADD COLUMN used_at BIGINT;
