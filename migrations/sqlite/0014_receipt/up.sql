-- The keyed hash of the secret half of the receipt, which only whoever sent the response has seen. NULL: nobody was given one, as of what
-- was imported, or it was erased with the rest.
ALTER TABLE response ADD COLUMN receipt_hash BLOB;

-- One secret for all that is hashed with a key.
UPDATE setting SET name = 'secret' WHERE name = 'import.secret';
