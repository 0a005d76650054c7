-- What each authority has issued, in one list. A marriage certificate is listed once, under the husband.
WITH issued AS (
    SELECT 'marriage' AS kind, certificate_no, husband_id AS holder_id, husband_name AS holder_name, registered_on AS issued_on
    FROM marriage
    UNION ALL SELECT 'birth', certificate_no, child_id, child_name, issued_on FROM birth
    UNION ALL SELECT 'property', certificate_no, owner_id, owner_name, registered_on FROM property
    UNION ALL SELECT 'business_licence', registration_no, uscc, enterprise_name, established_on FROM enterprise
    UNION ALL SELECT 'organisation', registration_no, uscc, organisation_name, registered_on FROM organisation
), ranked AS (
    SELECT i.*, row_number() OVER (PARTITION BY kind, certificate_no ORDER BY issued_on DESC NULLS LAST, holder_id) AS place
    FROM issued i
    WHERE certificate_no IS NOT NULL
)
SELECT kind, certificate_no, holder_id, holder_name, issued_on
FROM ranked
WHERE place = 1
