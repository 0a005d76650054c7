-- Every address that some register knows, and what stands there.
WITH known AS (
    SELECT division_code, address, 1 AS residents, 0 AS properties, 0 AS enterprises, 0 AS water FROM resident
    UNION ALL SELECT division_code, address, 0, 1, 0, 0 FROM property
    UNION ALL SELECT division_code, address, 0, 0, 1, 0 FROM enterprise
    UNION ALL SELECT division_code, address, 0, 0, 0, 1 FROM water
)
SELECT division_code, address, sum(residents) AS residents, sum(properties) AS properties,
    sum(enterprises) AS enterprises, sum(water) AS water_accounts
FROM known
WHERE address IS NOT NULL AND division_code IS NOT NULL
GROUP BY division_code, address
