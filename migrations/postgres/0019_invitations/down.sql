DROP TABLE response_invited;
DROP TABLE invitation_spent;
DROP TABLE invitation;
ALTER TABLE wave DROP COLUMN invitations;
