-- From which day on each year's SSDA903 return told of a child: what a later
-- year's return has said is changed by no earlier year's.

-- +goose Up
CREATE TABLE care_return (
    child_id   bigint NOT NULL REFERENCES child (id),
    year_end   date NOT NULL,                 -- 1 April after the return's year
    first_day  date NOT NULL,                 -- DECOM of the child's first row
    batch_id   bigint NOT NULL REFERENCES batch (id),
    PRIMARY KEY (child_id, year_end, batch_id)
);
ALTER TABLE care_return ENABLE ROW LEVEL SECURITY;
CREATE POLICY viewer_read ON care_return FOR SELECT TO onevision_app USING (viewer_reads('looked_after'));
CREATE POLICY viewer_insert ON care_return FOR INSERT TO onevision_app WITH CHECK (viewer_writes('looked_after'));
GRANT SELECT, INSERT ON care_return TO onevision_app;

-- +goose Down
SELECT 1/0;
