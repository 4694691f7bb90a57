-- One row for each review conference of a child protection plan.
--   cpp_review_id  the record
--   child_id       the child
--   plan_id        the plan
--   date           the day of the review
--   continues      whether the plan goes on
--   quorate        whether those were there who must be
--   participation  how the child took part; NULL where not given
--   chair_id       who chaired it; NULL where not given
CREATE OR REPLACE VIEW main.cpp_review AS
SELECT r.id AS cpp_review_id, r.child_id, r.plan_id, r.date, r.continues, r.quorate, r.participation::VARCHAR AS participation, r.chair_id
FROM facts.cpp_review r;
