-- Extracts of another system: the numbers by which it knows children and the rows
-- of its tables, so that tonight's extract finds what last night's made, whatever
-- has been corrected in it.

-- +goose Up
INSERT INTO identifier_scheme VALUES ('social-care-system', 'Person number in the social-care system', 2);

CREATE TABLE extract_number (
    source     text NOT NULL,                            -- whose extract: see batch.source
    tbl        text NOT NULL,                            -- the extract's table
    number     text NOT NULL,                            -- its number of the row
    kind       text NOT NULL,
    record_id  bigint NOT NULL,                          -- the record that the row is; it may have been deleted since
    category   text NOT NULL,
    child_id   bigint,
    PRIMARY KEY (source, tbl, number)
);
CREATE INDEX ON extract_number (child_id);
CREATE INDEX ON extract_number (kind, record_id);
ALTER TABLE extract_number ENABLE ROW LEVEL SECURITY;
CREATE POLICY viewer_read ON extract_number FOR SELECT TO onevision_app USING (viewer_reads(category));
CREATE POLICY viewer_insert ON extract_number FOR INSERT TO onevision_app WITH CHECK (viewer_writes(category));
CREATE POLICY viewer_update ON extract_number FOR UPDATE TO onevision_app USING (viewer_writes(category)) WITH CHECK (viewer_writes(category));
CREATE POLICY viewer_delete ON extract_number FOR DELETE TO onevision_app USING (viewer_writes(category));
GRANT SELECT, INSERT, UPDATE, DELETE ON extract_number TO onevision_app;

-- What a file knows a record by is what only one record may have: an import could
-- store none of these two kinds. (The period, or the assessment, is one child's.)
ALTER TABLE previous_permanence DROP CONSTRAINT previous_permanence_once, ADD CONSTRAINT previous_permanence_once UNIQUE (child_id, period_id);
ALTER TABLE assessment_factor DROP CONSTRAINT assessment_factor_once, ADD CONSTRAINT assessment_factor_once UNIQUE (child_id, assessment_id, factor);
CREATE INDEX ON previous_permanence (period_id);
CREATE INDEX ON assessment_factor (assessment_id, factor);

-- +goose Down
SELECT 1/0;
