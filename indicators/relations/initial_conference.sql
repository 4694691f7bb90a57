-- One row for each initial child protection conference about a child.
--   initial_conference_id  the record
--   child_id               the child
--   case_id                the social-care case that it belongs to
--   section_47_id          the enquiry that led to it; none of a child who moved in with a plan; NULL where not given
--   date                   the day of the conference
--   plan                   whether it made a child protection plan
--   category               the category of abuse of that plan; NULL where not given
--   transfer_in            whether the child had moved in with another authority's plan
--   quorate                whether those were there who must be
--   chair_id               who chaired it; NULL where not given
CREATE OR REPLACE VIEW main.initial_conference AS
SELECT r.id AS initial_conference_id, r.child_id, r.case_id, r.section_47_id, r.date, r.plan, r.category::VARCHAR AS category, r.transfer_in, r.quorate,
       r.chair_id
FROM facts.initial_conference r;
