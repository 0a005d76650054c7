-- The life status that fusion worked out from what all sources tell of a person, by the number that stands for him.
WITH ranked AS (
    SELECT g.citizen_id, g.name, l.status, l.since, l.by_source, l.by_kind, l.conflict,
        row_number() OVER (PARTITION BY g.citizen_id ORDER BY g.records DESC, g.identity) AS place
    FROM golden g
    JOIN life l ON l.identity = g.identity
    WHERE regexp_full_match(g.citizen_id, '[0-9]{17}[0-9X]')
)
SELECT citizen_id, name, status, since, by_source, by_kind, conflict
FROM ranked
WHERE place = 1
