-- A target that the library wrote keeps what it wrote beside it: while the two
-- are alike it is a default, which the next library may change; once somebody has
-- changed the target it is the authority's own, and no library changes it.

-- +goose Up
ALTER TABLE indicator_target
    ADD COLUMN default_to_date   date,
    ADD COLUMN default_target    numeric,
    ADD COLUMN default_tolerance numeric;
-- Until now each start wrote the library's over what stood there.
UPDATE indicator_target SET default_to_date = to_date, default_target = target, default_tolerance = tolerance;

-- +goose Down
SELECT 1/0;
