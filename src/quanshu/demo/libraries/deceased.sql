-- Deaths as three registers tell them. The medical certificate's date stands, then the crematorium's, then the police's.
WITH told AS (
    SELECT citizen_id, death_date AS died_on, 1 AS rank, 'health' AS source FROM death
    UNION ALL SELECT citizen_id, death_date, 2, 'cremation' FROM cremation
    UNION ALL SELECT citizen_id, cancelled_on, 3, 'household' FROM resident WHERE status_code = '2'
)
SELECT citizen_id, arg_min(died_on, rank) AS died_on, arg_min(source, rank) AS by_source,
    count(DISTINCT source) AS sources, count(DISTINCT died_on) FILTER (WHERE rank < 3) <= 1 AS agreed
FROM told
WHERE died_on <= current_date AND regexp_full_match(citizen_id, '[0-9]{17}[0-9X]')
GROUP BY citizen_id
