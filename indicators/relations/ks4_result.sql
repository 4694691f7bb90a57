-- One row for each pupil's results at the end of key stage 4.
--   child_id        the child
--   school_id       the school at which the exams were taken
--   year            the year of the exams
--   attainment8     the pupil's Attainment 8 score, 0 to 90; NULL where not given
--   english_grade   better grade of English language and literature: 9 to 1, U, X
--   maths_grade     grade of mathematics
--   english_points  the grade as a number, 9 to 0; NULL where not given
--   maths_points    the grade as a number, 9 to 0; NULL where not given
CREATE OR REPLACE VIEW main.ks4_result AS
SELECT r.child_id, r.school_id, r.year, r.attainment8, r.english_grade::VARCHAR AS english_grade, r.maths_grade::VARCHAR AS maths_grade,
       e.points AS english_points, m.points AS maths_points
FROM facts.ks4_result r
LEFT JOIN facts.ks4_grade e ON e.code::VARCHAR = r.english_grade::VARCHAR
LEFT JOIN facts.ks4_grade m ON m.code::VARCHAR = r.maths_grade::VARCHAR;
