-- One row for each care-leaver contact: what is known of a care leaver around a
-- birthday (SSDA903, OC3).
--   care_leaver_contact_id  the record
--   child_id                the child
--   birthday                which birthday: 17 to 21
--   date                    the day of the contact, or on which it was found that there is none
--   in_touch                whether the authority is in touch
--   activity                what they do; NULL where not given
--   accommodation           where they live; NULL where not given
--   suitable                whether the accommodation is suitable
CREATE OR REPLACE VIEW main.care_leaver_contact AS
SELECT r.id AS care_leaver_contact_id, r.child_id, r.birthday, r.date, r.in_touch::VARCHAR AS in_touch, r.activity::VARCHAR AS activity,
       r.accommodation::VARCHAR AS accommodation, r.suitable
FROM facts.care_leaver_contact r;
