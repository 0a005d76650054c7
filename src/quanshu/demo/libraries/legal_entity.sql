-- Enterprises and social organisations under one code; the latest registration of a code stands.
WITH both_registers AS (
    SELECT uscc, enterprise_name AS entity_name, 'enterprise' AS entity_kind, representative_name, capital,
        established_on, division_code, status_code = '1' AS active
    FROM enterprise
    UNION ALL
    SELECT uscc, organisation_name, 'organisation', representative_name, capital, registered_on, division_code,
        status_code = '1'
    FROM organisation
), ranked AS (
    SELECT b.*, row_number() OVER (PARTITION BY uscc ORDER BY active DESC, established_on DESC NULLS LAST, entity_name) AS place
    FROM both_registers b
    WHERE regexp_full_match(uscc, '[0-9A-Z]{18}')
)
SELECT uscc, entity_name, entity_kind, representative_name, capital, established_on, division_code, active
FROM ranked
WHERE place = 1
