-- One row for each review of a looked-after child's case.
--   child_id       the child
--   date           the day of the review
--   participation  the SSDA903's code of how the child took part: PN1; PN0 for a child under 4, who does not
CREATE OR REPLACE VIEW main.looked_after_review AS
SELECT r.child_id, r.date, r.participation::VARCHAR AS participation
FROM facts.looked_after_review r;
