WITH young AS (
    SELECT substr(division_code, 1, 6) AS division, count(*) AS children
    FROM population WHERE age < 14 AND status_code = '1' GROUP BY 1
), old AS (
    SELECT substr(division_code, 1, 6) AS division, count(*) AS elders, count(allowance_amount) AS with_allowance,
        count(pension) AS with_pension
    FROM elderly GROUP BY 1
)
SELECT coalesce(young.division, old.division) AS division, coalesce(young.children, 0) AS children,
    coalesce(old.elders, 0) AS elders, coalesce(old.with_allowance, 0) AS with_allowance,
    coalesce(old.with_pension, 0) AS with_pension
FROM young
FULL JOIN old ON old.division = young.division
WHERE coalesce(young.division, old.division) IS NOT NULL
