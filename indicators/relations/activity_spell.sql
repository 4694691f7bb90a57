-- One row for each activity of a young person after compulsory school.
--   activity_spell_id  the record
--   child_id           the young person
--   activity           the NCCIS code: 230 further education
--   counts_as          school, education (training included), employment (without training), neet, not-known, other
--   school_id          the school, if the activity is at one; NULL where it is not
--   from_date          the first day
--   to_date            the day after the last; NULL while it lasts
--   verified_date      the day on which it was last confirmed
--   current_until      the last day on which it counts as known; after it the activity is not known
CREATE OR REPLACE VIEW main.activity_spell AS
SELECT r.id AS activity_spell_id, r.child_id, r.activity::VARCHAR AS activity, k.counts_as::VARCHAR AS counts_as, r.school_id, r.from_date, r.to_date,
       r.verified_date, r.current_until
FROM facts.activity_spell r
LEFT JOIN facts.post16_activity k ON k.code::VARCHAR = r.activity::VARCHAR;
