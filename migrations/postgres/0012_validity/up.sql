-- The first response of the same person: this one corrects it, directly or through others, or is a second answer of the same listed
-- respondent. NULL: it is the first. Written with the row, in one transaction.
ALTER TABLE response ADD COLUMN first_seq BIGINT;
-- The line of the sample list that answered; nothing where the wave has no list, and nothing any more once it is withdrawn.
ALTER TABLE response ADD COLUMN respondent TEXT;
CREATE INDEX response_first ON response (first_seq) WHERE first_seq IS NOT NULL;
CREATE INDEX response_respondent ON response (wave_id, respondent) WHERE respondent IS NOT NULL;

-- Why a response does not count (item empty), or one item of it. Codes alone and nothing of the answers, so that a withdrawal need
-- not erase it and a run tells the same of what it left out whenever it is repeated.
CREATE TABLE response_finding (
    response_seq  BIGINT NOT NULL REFERENCES response (seq),
    item          TEXT NOT NULL,
    code          TEXT NOT NULL,
    PRIMARY KEY (response_seq, item, code)
);

-- What was invalid stays invalid as a whole, for the reasons that stand in its findings. Bodies and findings are read as text: a
-- JSON text may hold \u0000, which no value of type text can, and one such body must not stop a migration.
INSERT INTO response_finding (response_seq, item, code)
SELECT DISTINCT s.response_seq, '', f.code[1]
FROM submission s
JOIN response r ON r.seq = s.response_seq AND r.state = 1
CROSS JOIN LATERAL regexp_matches(s.findings, '"severity":"error","code":"([^"\\]+)"', 'g') AS f (code);

UPDATE response r SET respondent = d.respondent
FROM submission s, design_respondent d
WHERE s.response_seq = r.seq AND r.withdrawn_at IS NULL AND d.wave_id = r.wave_id
    AND d.respondent = substring(convert_from(s.body, 'UTF8') FROM '"respondent"\s*:\s*"([^"\\]*)"');

-- Chains of corrections: those that took the place of another are events; those that were invalid say so in their bytes alone.
WITH RECURSIVE sent (seq, wave_id, id) AS (
    SELECT r.seq, r.wave_id, decode(replace(
        substring(convert_from(s.body, 'UTF8') FROM '"supersedes"\s*:\s*"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"'), '-', ''), 'hex')
    FROM submission s JOIN response r ON r.seq = s.response_seq
), link (seq, before) AS (
    SELECT successor_seq, response_seq FROM response_event WHERE kind = 'superseded' AND successor_seq IS NOT NULL
    UNION
    SELECT sent.seq, earlier.seq FROM sent JOIN response earlier ON earlier.id = sent.id AND earlier.wave_id = sent.wave_id
), chain (seq, first_seq) AS (
    SELECT seq, before FROM link WHERE before NOT IN (SELECT seq FROM link)
    UNION
    SELECT link.seq, chain.first_seq FROM link JOIN chain ON chain.seq = link.before
)
UPDATE response SET first_seq = chain.first_seq FROM chain WHERE chain.seq = response.seq;
