-- The latest act of the marriage register stands; who never had one has none on record.
WITH acts AS (
    SELECT husband_id AS citizen_id, status_code, coalesce(ended_on, registered_on) AS acted_on FROM marriage
    UNION ALL SELECT wife_id, status_code, coalesce(ended_on, registered_on) FROM marriage
), last_act AS (
    SELECT citizen_id, arg_max(status_code, acted_on) AS status_code, max(acted_on) AS acted_on
    FROM acts WHERE citizen_id IS NOT NULL GROUP BY citizen_id
)
SELECT p.citizen_id, p.name,
    CASE l.status_code WHEN '1' THEN 'married' WHEN '2' THEN 'divorced' ELSE 'none_on_record' END AS status,
    l.acted_on AS since,
    CASE l.status_code WHEN '1' THEN p.marital_code IN ('20', '30') WHEN '2' THEN p.marital_code IN ('40', '20')
         ELSE p.marital_code IN ('10', '20', '30', '40') END AS agrees
FROM population p
LEFT JOIN last_act l ON l.citizen_id = p.citizen_id
