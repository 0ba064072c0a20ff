-- The first response of the same person: this one corrects it, directly or through others, or is a second answer of the same listed
-- respondent. NULL: it is the first. Written with the row, in one transaction.
ALTER TABLE response ADD COLUMN first_seq INTEGER;
-- The line of the sample list that answered; nothing where the wave has no list, and nothing any more once it is withdrawn.
ALTER TABLE response ADD COLUMN respondent TEXT;
CREATE INDEX response_first ON response (first_seq) WHERE first_seq IS NOT NULL;
CREATE INDEX response_respondent ON response (wave_id, respondent) WHERE respondent IS NOT NULL;

-- Why a response does not count (item empty), or one item of it. Codes alone and nothing of the answers, so that a withdrawal need
-- not erase it and a run tells the same of what it left out whenever it is repeated.
CREATE TABLE response_finding (
    response_seq  INTEGER NOT NULL REFERENCES response (seq),
    item          TEXT NOT NULL,
    code          TEXT NOT NULL,
    PRIMARY KEY (response_seq, item, code)
) STRICT;

-- What was invalid stays invalid as a whole, for the reasons that stand in its findings.
INSERT INTO response_finding (response_seq, item, code)
SELECT DISTINCT s.response_seq, '', json_extract(f.value, '$.code')
FROM submission s
JOIN response r ON r.seq = s.response_seq AND r.state = 1,
    json_each(CASE WHEN json_valid(s.findings) THEN s.findings ELSE '[]' END) f
WHERE json_extract(f.value, '$.severity') = 'error' AND json_extract(f.value, '$.code') IS NOT NULL;

UPDATE response SET respondent = (
    SELECT d.respondent FROM submission s JOIN design_respondent d ON d.wave_id = response.wave_id
        AND d.respondent = json_extract(CAST(s.body AS TEXT), '$.respondent')
    WHERE s.response_seq = response.seq AND json_valid(CAST(s.body AS TEXT))
)
WHERE withdrawn_at IS NULL AND wave_id IN (SELECT wave_id FROM design_respondent);

-- Chains of corrections: those that took the place of another are events; those that were invalid say so in their bytes alone.
WITH RECURSIVE sent (seq, wave_id, id) AS (
    SELECT r.seq, r.wave_id, unhex(replace(json_extract(CAST(s.body AS TEXT), '$.supersedes'), '-', ''))
    FROM submission s JOIN response r ON r.seq = s.response_seq
    WHERE json_valid(CAST(s.body AS TEXT)) AND instr(CAST(s.body AS TEXT), 'supersedes') > 0
), link (seq, before) AS (
    SELECT successor_seq, response_seq FROM response_event WHERE kind = 'superseded' AND successor_seq IS NOT NULL
    UNION
    SELECT sent.seq, earlier.seq FROM sent JOIN response earlier ON earlier.id = sent.id AND earlier.wave_id = sent.wave_id
), chain (seq, first_seq) AS (
    SELECT seq, before FROM link WHERE before NOT IN (SELECT seq FROM link)
    UNION
    SELECT link.seq, chain.first_seq FROM link JOIN chain ON chain.seq = link.before
)
UPDATE response SET first_seq = (SELECT chain.first_seq FROM chain WHERE chain.seq = response.seq)
WHERE seq IN (SELECT seq FROM chain);
