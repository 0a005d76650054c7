-- A medical certificate or a cremation is proof of death. The household register's cancellation alone is believed
-- unless a pension is still being drawn: then the two contradict each other and somebody must look.
WITH drawing AS (
    SELECT citizen_id, max(updated_on) AS seen_on FROM insurance WHERE status_code = '3' GROUP BY citizen_id
)
SELECT p.citizen_id, p.name,
    CASE WHEN d.by_source IN ('health', 'cremation') THEN 'dead'
         WHEN d.by_source = 'household' AND w.citizen_id IS NULL THEN 'dead'
         WHEN d.by_source = 'household' THEN 'unknown'
         WHEN p.age > 120 THEN 'unknown'
         ELSE 'alive' END AS status,
    coalesce(d.died_on, p.birth_date) AS since,
    CASE WHEN d.by_source = 'household' AND w.citizen_id IS NOT NULL THEN 'household, pension'
         ELSE coalesce(d.by_source, 'household') END AS by_source
FROM population p
LEFT JOIN deceased d ON d.citizen_id = p.citizen_id
LEFT JOIN drawing w ON w.citizen_id = p.citizen_id
