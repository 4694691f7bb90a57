-- One row for each child and span of days in which none of these circumstances
-- changed. A child's rows follow one another without gap or overlap, from birth
-- (or the first thing recorded before it) to death, so that one row at most is
-- about a child and a day. Year group and age band are known ahead, so the last
-- row, whose to_date is NULL, may begin in years to come: ask for a day, as
-- docs/warehouse.md says, and never for the row without an end. It is kept as a
-- table and follows the facts within seconds.
--   child_id        the child
--   from_date       the first day
--   to_date         the day after the last; NULL where nothing more will change
--   district        code of the district of the child's home; NULL where none is recorded
--   school_id       the school of the main registration (status C or M), of two the one begun first, of two begun on one day that of the lower number; NULL while on no roll
--   year_group      national curriculum year by age: 0 reception, 1 to 13; NULL before and after
--   age_band        unborn, under 1, 1 to 4, 5 to 9, 10 to 15, 16 to 17, 18 and over; NULL where no date of birth is known
--   sex             F, M, U
--   ethnicity       the school census's code: WBRI
--   looked_after    true while looked after, short breaks left out (see looked_after)
--   legal_status    the SSDA903's code of the legal basis, short breaks included; NULL while there is none
--   placement_type  the SSDA903's code of the placement; NULL while there is none
--   case_open       true while a social-care case is open, referrals without further action left out
--   care_status     looked-after, in-need (a case is open, not looked after), none
--   social_care_group  looked-after, protection-plan (not looked after), in-need (neither, a case is open), none
--   sen             the school census code: K SEN support, E a plan, N where neither is recorded
--   sen_need        the census code of the primary need: SEMH; NULL where none is recorded
--   free_school_meals  yes while entitled, else no
--   team_id         the allocated worker's team, a case's before any other; NULL while nobody is allocated
CREATE OR REPLACE VIEW main.circumstances AS
SELECT c.child_id, c.from_date, c.to_date, c.district, c.school_id, c.year_group, c.age_band, c.sex, c.ethnicity,
       c.looked_after, c.legal_status, c.placement_type, c.case_open, c.care_status,
       c.social_care_group, c.sen, c.sen_need, c.free_school_meals, c.team_id
FROM kept.circumstances c;
