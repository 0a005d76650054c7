-- One row a person: the newest household registration of each citizen ID, with what other registers confirm.
WITH newest AS (
    SELECT r.*, row_number() OVER (PARTITION BY citizen_id ORDER BY updated_on DESC NULLS LAST, person_no) AS place
    FROM resident r
    WHERE regexp_full_match(citizen_id, '[0-9]{17}[0-9X]') AND sex_code IN ('1', '2')
        AND birth_date BETWEEN DATE '1900-01-01' AND current_date
)
SELECT n.citizen_id, n.name, n.sex_code, n.birth_date, n.ethnic_code, n.marital_code, n.education_code, n.household_id,
    n.division_code, n.address, n.phone, n.status_code, date_diff('year', n.birth_date, current_date) AS age,
    n.citizen_id IN (SELECT i.citizen_id FROM insurance i WHERE i.citizen_id IS NOT NULL) AS insured,
    n.citizen_id IN (SELECT f.citizen_id FROM fund f WHERE f.citizen_id IS NOT NULL) AS has_fund
FROM newest n
WHERE n.place = 1
