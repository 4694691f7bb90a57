-- One row for each attendance code, with its statistical meaning as 0 or 1.
--   code          the code: O
--   label         what it means in words
--   counts_as     present, approved-activity, authorised, unauthorised, not-possible, not-collected
--   possible      1 where the session could have been attended
--   present       1 where it was attended, or an approved educational activity was
--   authorised    1 where it was missed with permission
--   unauthorised  1 where it was missed without permission
--   illness       1 where it was missed through illness, which is with permission
--   part_time     1 where it was missed under a part-time timetable, which is with permission
CREATE OR REPLACE VIEW main.mark_meaning AS
SELECT k.code::VARCHAR AS code, k.label, k.counts_as::VARCHAR AS counts_as,
       (k.counts_as::VARCHAR IN ('present', 'approved-activity', 'authorised', 'unauthorised'))::TINYINT AS possible,
       (k.counts_as::VARCHAR IN ('present', 'approved-activity'))::TINYINT AS present,
       (k.counts_as::VARCHAR = 'authorised')::TINYINT AS authorised,
       (k.counts_as::VARCHAR = 'unauthorised')::TINYINT AS unauthorised,
       (k.code::VARCHAR = 'I')::TINYINT AS illness, (k.code::VARCHAR = 'C2')::TINYINT AS part_time
FROM facts.attendance_code k;
