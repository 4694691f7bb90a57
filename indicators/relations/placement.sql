-- One row for each placement of a looked-after child.
--   child_id       the child
--   type           the SSDA903's code of the placement: U4
--   provider       the SSDA903's code of who provides it: PR4
--   district       code of the district it lies in
--   from_date      its first day
--   to_date        the day after its last; NULL while it lasts
--   same_carer     true where the carer is the one of the placement before: the child moved with them, or the placement changed its type
--   change_reason  the SSDA903's code of why it ended: CARPL; NULL where not given
CREATE OR REPLACE VIEW main.placement AS
SELECT p.child_id, p.type::VARCHAR AS type, p.provider::VARCHAR AS provider, p.district::VARCHAR AS district, p.from_date, p.to_date, p.same_carer, p.change_reason::VARCHAR AS change_reason
FROM facts.placement p;
