-- Persons of sixty and over who are still registered, with what they are paid.
WITH paid AS (
    SELECT citizen_id, max(monthly_amount) AS amount FROM allowance WHERE status_code = '1' GROUP BY citizen_id
), pensions AS (
    SELECT citizen_id, max(monthly_pension) AS pension FROM insurance WHERE status_code = '3' GROUP BY citizen_id
)
SELECT p.citizen_id, p.name, p.sex_code, p.birth_date, p.age, p.division_code, p.phone,
    paid.amount AS allowance_amount, pensions.pension
FROM population p
LEFT JOIN paid ON paid.citizen_id = p.citizen_id
LEFT JOIN pensions ON pensions.citizen_id = p.citizen_id
WHERE p.age >= 60 AND p.status_code = '1'
