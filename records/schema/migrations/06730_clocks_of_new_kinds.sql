-- Clocks of the kinds of records that came with them.

-- +goose Up
INSERT INTO statutory_clock (code, title, length, unit, source, from_date) VALUES
    ('care-plan', 'Care plan', 10, 'working-days', 'Care Planning, Placement and Case Review (England) Regulations 2010, reg. 4', '2011-04-01'),
    ('pathway-plan', 'First pathway plan', 3, 'months', 'Children Act 1989 guidance, volume 3: within three months of turning 16', '2011-04-01'),
    ('pathway-review', 'Review of the pathway plan', 6, 'months', 'Care Leavers (England) Regulations 2010, reg. 7', '2011-04-01'),
    ('core-group-first', 'First core group', 10, 'working-days', 'Working Together to Safeguard Children', '2010-01-01'),
    ('core-group', 'Core group', 42, 'days', 'The authority''s own: Working Together names no length', '2010-01-01'),
    ('pre-proceedings', 'End of pre-proceedings', 112, 'days', 'Public Law Working Group 2021: 16 weeks', '2021-03-01'),
    ('penalty-payment', 'Penalty notice paid', 28, 'days', 'Education (Penalty Notices) (England) Regulations 2007, reg. 4', '2013-09-01'),
    ('transport-decision', 'Decision on transport', 20, 'working-days', 'Travel to school for children of compulsory school age 2024', '2010-01-01');

-- +goose Down
SELECT 1/0;
