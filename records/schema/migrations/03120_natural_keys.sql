-- An import asks of each row that it would make whether somebody has deleted that
-- record: the history of the calendar and of suspensions is found by what a file
-- knows them by.

-- +goose Up
CREATE INDEX ON bank_holiday_history (day);
CREATE INDEX ON half_term_history (academic_year, number);
CREATE INDEX ON school_day_exception_history (school_id, date);
CREATE INDEX ON suspension_history (child_id, school_id, from_date, category);

-- +goose Down
SELECT 1/0;
