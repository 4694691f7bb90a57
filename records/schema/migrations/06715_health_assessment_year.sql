-- A return (SSDA903, OC2) says of a child under 5 that the two assessments of the year
-- were made, and not when: that is one record, and not one assessment.

-- +goose Up
INSERT INTO health_assessment_type VALUES ('year', 'All that were due in the year', (SELECT max(position) + 1 FROM health_assessment_type));

-- +goose Down
SELECT 1/0;
