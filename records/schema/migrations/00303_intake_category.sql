-- A file and the rows of it that match nobody are as private as what they hold:
-- an education officer sees rows of registers and not of SSDA903 returns.

-- +goose Up
ALTER TABLE intake_file ADD COLUMN category text NOT NULL DEFAULT 'education';
ALTER TABLE intake_unmatched ADD COLUMN category text NOT NULL DEFAULT 'education';
DROP POLICY intake ON intake_file;
DROP POLICY intake ON intake_unmatched;
CREATE POLICY intake ON intake_file TO onevision_app USING (viewer_writes(category)) WITH CHECK (viewer_writes(category));
CREATE POLICY intake ON intake_unmatched TO onevision_app USING (viewer_writes(category)) WITH CHECK (viewer_writes(category));

-- +goose Down
SELECT 1/0;
