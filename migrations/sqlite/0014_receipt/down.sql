UPDATE setting SET name = 'import.secret' WHERE name = 'secret';
ALTER TABLE response DROP COLUMN receipt_hash;
